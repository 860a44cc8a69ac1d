import { Double, MsgpackError, type MsgpackInput, type TextEncoding } from './value.ts';

const maxDepth = 64;

/**
 * Writes a value byte for byte as Rspamd's emitter does (rspamd: contrib/libucl/ucl_msgpack.c). Whole numbers and
 * bigints are integers, other numbers and every Double are doubles.
 *
 * @throws MsgpackError `depth`, `key` for an empty key, or `size` for an integer that does not fit 64 bits
 */
export function encodeMsgpack(value: MsgpackInput, encoding: TextEncoding = 'utf8'): Buffer {
  const writer = new Writer(encoding);
  writer.value(value, 0);
  return writer.take();
}

class Writer {
  readonly #encoding: TextEncoding;
  #buffer: Buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  constructor(encoding: TextEncoding) {
    this.#encoding = encoding;
  }

  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  value(value: MsgpackInput, depth: number): void {
    if (depth > maxDepth) throw new MsgpackError('depth');
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#integer(value);
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2);
    else if (value === null) this.#byte(0xc0);
    else if (value instanceof Double) this.#double(value.value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (isList(value)) this.#array(value, depth);
    else this.#map(value, depth);
  }

  #array(items: readonly MsgpackInput[], depth: number): void {
    this.#head(items.length, 0x90, 15, 0xdc);
    for (const item of items) this.value(item, depth + 1);
  }

  #map(map: { readonly [key: string]: MsgpackInput }, depth: number): void {
    const keys = Object.keys(map);
    this.#head(keys.length, 0x80, 15, 0xde);
    for (const key of keys) {
      if (key === '') throw new MsgpackError('key');
      this.#text(key);
      this.value(map[key] as MsgpackInput, depth + 1);
    }
  }

  /** The length of a container: within the tag, or in two or four bytes behind it. */
  #head(length: number, tag: number, most: number, wide: number): void {
    if (length <= most) this.#byte(tag | length);
    else if (length <= 0xffff) this.#tagged(wide, length, 2);
    else this.#tagged(wide + 1, length, 4);
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text, this.#encoding);
    if (length <= 31) this.#byte(0xa0 | length);
    else this.#byteLength(length, 0xd9);
    const at = this.#grow(length);
    this.#buffer.write(text, at, this.#encoding);
  }

  #binary(bytes: Uint8Array): void {
    this.#byteLength(bytes.length, 0xc4);
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }

  #byteLength(length: number, tag: number): void {
    if (length <= 0xff) this.#tagged(tag, length, 1);
    else if (length <= 0xffff) this.#tagged(tag + 1, length, 2);
    else this.#tagged(tag + 2, length, 4);
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#double(value);
    else if (value < -32) this.#negative(value);
    else if (value <= 0x7f) this.#byte(value & 0xff);
    else if (value <= 0xff) this.#tagged(0xcc, value, 1);
    else if (value <= 0xffff) this.#tagged(0xcd, value, 2);
    else if (value <= 0xffff_ffff) this.#tagged(0xce, value, 4);
    else this.#wide(0xcf, BigInt(value));
  }

  /** Rspamd compares the absolute value, so that -128 does not become the int8 it would fit. */
  #negative(value: number): void {
    if (value >= -0x7f) this.#tagged(0xd0, value + 0x100, 1);
    else if (value >= -0x7fff) this.#tagged(0xd1, value + 0x1_0000, 2);
    else if (value >= -0x7fff_ffff) this.#tagged(0xd2, value + 0x1_0000_0000, 4);
    else this.#wide(0xd3, BigInt(value));
  }

  #integer(value: bigint): void {
    if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) this.#number(Number(value));
    else if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new MsgpackError('size', `${value}`);
    else this.#wide(value < 0n ? 0xd3 : 0xcf, value);
  }

  #wide(tag: number, value: bigint): void {
    this.#byte(tag);
    const at = this.#grow(8);
    this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), at);
  }

  #double(value: number): void {
    this.#byte(0xcb);
    const at = this.#grow(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  #tagged(tag: number, value: number, bytes: number): void {
    this.#byte(tag);
    const at = this.#grow(bytes);
    this.#buffer.writeUIntBE(value, at, bytes);
  }

  #byte(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  /** Makes room for `length` more bytes and returns where they begin; `#buffer` may be another one afterwards. */
  #grow(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}

function isList(value: readonly MsgpackInput[] | object): value is readonly MsgpackInput[] {
  return Array.isArray(value);
}
