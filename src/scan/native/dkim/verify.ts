import { createHash, verify } from 'node:crypto';
import type { ByteString, Message, MessageHeader } from '../../message/index.ts';
import { fieldsOfSets } from './arc-set.ts';
import { canonicalField, hashesOfBody, withoutValue } from './canonical.ts';
import type { PublicKey } from './key.ts';
import type { Signature } from './signature.ts';

export type SignatureOutcome = 'pass' | 'fail' | 'permerror' | 'temperror';

export interface Verified {
  /** `ignored`: it says too little to be judged. */
  readonly outcome: SignatureOutcome | 'ignored';
  readonly reason: string;
}

const passed: Verified = { outcome: 'pass', reason: '' };

/** Fields that stand once; where one is doubled no signature over it holds (rspamd: src/libmime/mime_headers.c). */
const uniqueFields = new Set([
  'to',
  'cc',
  'bcc',
  'from',
  'message-id',
  'subject',
  'return-path',
  'in-reply-to',
  'content-type',
  'content-transfer-encoding',
  'references',
]);

/**
 * Checks a signature (rspamd: src/libserver/dkim.c:rspamd_dkim_check).
 * @param field the field that holds it
 */
export function verifySignature(
  message: Message,
  signature: Signature,
  field: MessageHeader,
  { kind, key }: PublicKey,
): Verified {
  const { algorithm, kind: signatureKind } = signature;
  if (signatureKind !== 'arc-seal') {
    const hashes = hashesOfBody(message, signature.bodyCanon, algorithm.hash, signature.bodyLength);
    if (hashes === undefined) return { outcome: 'ignored', reason: 'bad body length' };
    if (!hashes.some((hash) => hash.equals(signature.bodyHash)))
      return { outcome: 'fail', reason: 'body hash did not verify' };
  }
  if (kind !== algorithm.key)
    return { outcome: 'permerror', reason: `${nameOf(kind)} key for ${mismatch(kind)} signature` };
  const fields = signedFields(message, signature);
  const own = withoutValue(canonicalField(field.raw, signature.headerCanon));
  if (fields === undefined || !isSignedBy(Buffer.from(fields + own, 'latin1'), signature, key))
    return {
      outcome: 'fail',
      reason: `headers ${{ rsa: 'rsa', ecdsa256: 'ecdsa', ed25519: 'eddsa' }[kind]} verify failed`,
    };
  if (signature.chain === 'invalid') return { outcome: 'permerror', reason: 'arc seal is invalid' };
  if (signature.chain === 'fail') return { outcome: 'fail', reason: 'arc seal failed' };
  return passed;
}

function nameOf(kind: PublicKey['kind']): string {
  return { rsa: 'rsa', ecdsa256: 'ECDSA', ed25519: 'EDDSA' }[kind];
}

function mismatch(kind: PublicKey['kind']): string {
  return { rsa: 'ecdsa/eddsa', ecdsa256: 'rsa/eddsa', ed25519: 'rsa/ecdsa' }[kind];
}

function isSignedBy(data: Buffer, { algorithm, value }: Signature, key: PublicKey['key']): boolean {
  try {
    // RFC 8463, 3: what is signed is the hash.
    if (algorithm.key === 'ed25519') return verify(null, createHash('sha256').update(data).digest(), key, value);
    return verify(algorithm.hash, data, key, value);
  } catch {
    return false;
  }
}

/** @returns undefined where a field is doubled that must not be */
function signedFields(message: Message, signature: Signature): ByteString | undefined {
  if (signature.kind === 'arc-seal')
    // The last set without its seal, which is `field` itself.
    return fieldsOfSets(message, signature.instance)
      .slice(0, -1)
      .map((field) => `${field}\r\n`)
      .join('');
  const taken = new Map<string, number>();
  let text = '';
  for (const name of signature.fields) {
    const all = message.headers.getAll(name);
    if (all.length > 1 && uniqueFields.has(name)) return undefined;
    // The last one of a name is signed first.
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    const field = all[all.length - count];
    if (field !== undefined) text += `${canonicalField(field.raw, signature.headerCanon)}\r\n`;
  }
  return text;
}
