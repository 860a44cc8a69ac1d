import { ProtocolError } from '../../message/errors.ts';

const catalogue = {
  'key-syntax': 'the Key header or the key text cannot be read',
  'unknown-key': 'the message is encrypted for a key that is not ours',
  'weak-key': 'the public key of the peer leads to an all-zero shared secret',
  short: 'the encrypted body is shorter than nonce and MAC',
  forged: 'the MAC of the encrypted body is wrong: it was tampered with, cut, or encrypted with another key',
  replayed: 'the same encrypted body was received before',
  inner: 'the message inside the encrypted body cannot be used',
} as const;

export type CryptErrorKind = keyof typeof catalogue;

/** An encrypted message or a key was refused; `kind` says why in a form that does not change with the wording. */
export class CryptError extends ProtocolError {
  readonly kind: CryptErrorKind;

  constructor(kind: CryptErrorKind, detail?: string) {
    super(detail === undefined ? catalogue[kind] : `${catalogue[kind]}: ${detail}`);
    this.name = 'CryptError';
    this.kind = kind;
  }
}
