import { ProtocolError } from '../../message/errors.ts';

const catalogue = {
  'not-zstd': 'the data does not begin with a zstd frame',
  truncated: 'the compressed data ends in the middle of a frame',
  corrupt: 'the compressed data is damaged',
  'too-large': 'the decompressed data would be larger than allowed',
  window: 'the frame needs a larger window than 8 MiB',
  dictionary: 'the frame needs a dictionary, and none is loaded',
  'too-many-parts': 'the compressed data is cut into too many frames or blocks',
} as const;

export type ZstdErrorKind = keyof typeof catalogue;

/** Compressed data was refused; `kind` says why in a form that does not change with the wording. */
export class ZstdError extends ProtocolError {
  readonly kind: ZstdErrorKind;

  constructor(kind: ZstdErrorKind, detail?: string) {
    super(detail === undefined ? catalogue[kind] : `${catalogue[kind]}: ${detail}`);
    this.name = 'ZstdError';
    this.kind = kind;
  }
}
