import { ProtocolError } from '../../message/errors.ts';

/** What a reader gives: integers beyond 2^53 are bigints, binary data are views of the input. */
export type MsgpackValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | readonly MsgpackValue[]
  | { readonly [key: string]: MsgpackValue };

/** What a writer takes: as above, and numbers that are to be doubles even where they are whole. */
export type MsgpackInput =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Double
  | readonly MsgpackInput[]
  | { readonly [key: string]: MsgpackInput };

/** A number that is written as a double whatever its value: JavaScript does not tell 15.0 from 15, Rspamd does. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** How texts map to bytes: UTF-8, or one code unit per byte. */
export type TextEncoding = 'utf8' | 'latin1';

const catalogue = {
  truncated: 'the msgpack data ends in the middle of a value',
  trailing: 'there is something behind the msgpack value',
  depth: 'the msgpack data is nested too deeply',
  size: 'the msgpack data has too many values',
  key: 'a key of a msgpack map is not a text, is empty or is there twice',
  type: 'the msgpack data has a type that is not used here',
  top: 'the msgpack data is neither a map nor an array',
  text: 'a text in the msgpack data is not UTF-8',
} as const;

export type MsgpackErrorKind = keyof typeof catalogue;

/** The data was refused; `kind` says why in a form that does not change with the wording. */
export class MsgpackError extends ProtocolError {
  readonly kind: MsgpackErrorKind;

  constructor(kind: MsgpackErrorKind, detail?: string) {
    super(detail === undefined ? catalogue[kind] : `${catalogue[kind]}: ${detail}`);
    this.name = 'MsgpackError';
    this.kind = kind;
  }
}
