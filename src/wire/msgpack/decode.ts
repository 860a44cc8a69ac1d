import { isUtf8 } from 'node:buffer';
import { MsgpackError, type MsgpackValue, type TextEncoding } from './value.ts';

export interface MsgpackLimits {
  /** Containers within containers. */
  readonly depth: number;
  /** Values altogether: a byte of input can become an object of many bytes. */
  readonly values: number;
}

export const defaultLimits: MsgpackLimits = { depth: 64, values: 1_000_000 };

/**
 * Reads one map or array as Rspamd's reader does (rspamd: contrib/libucl/ucl_msgpack.c:ucl_msgpack_consume): keys are
 * texts and not empty, anything but a container at the top is refused. Extension types, which that reader skips, and
 * repeated keys, which it turns into lists, are refused: Rspamd writes neither.
 *
 * @param encoding `utf8` refuses texts that are none (kind `text`): `latin1` then keeps their bytes
 * @throws MsgpackError
 */
export function decodeMsgpack(
  data: Buffer,
  encoding: TextEncoding = 'utf8',
  limits: MsgpackLimits = defaultLimits,
): MsgpackValue {
  return new Reader(data, encoding, limits).document();
}

class Reader {
  readonly #data: Buffer;
  /** All of `data`, a code unit per byte: cutting texts out of it costs less than a call for each. */
  readonly #characters: string;
  readonly #encoding: TextEncoding;
  readonly #limits: MsgpackLimits;
  #at = 0;
  #values = 0;

  constructor(data: Buffer, encoding: TextEncoding, limits: MsgpackLimits) {
    this.#data = data;
    this.#characters = data.toString('latin1');
    this.#encoding = encoding;
    this.#limits = limits;
  }

  document(): MsgpackValue {
    const value = this.#value(0);
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) throw new MsgpackError('top');
    if (this.#at < this.#data.length) throw new MsgpackError('trailing');
    return value;
  }

  #value(depth: number): MsgpackValue {
    if (++this.#values > this.#limits.values) throw new MsgpackError('size');
    const tag = this.#data[this.#take(1)] as number;
    if (tag <= 0x7f) return tag;
    if (tag <= 0x8f) return this.#map(tag & 15, depth);
    if (tag <= 0x9f) return this.#array(tag & 15, depth);
    if (tag <= 0xbf) return this.#text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    return this.#tagged(tag, depth);
  }

  #tagged(tag: number, depth: number): MsgpackValue {
    const data = this.#data;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#bytes(this.#length(tag - 0xc4));
      case 0xca:
        return data.readFloatBE(this.#take(4));
      case 0xcb:
        return data.readDoubleBE(this.#take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#length(tag - 0xcc);
      case 0xcf:
        return small(data.readBigUInt64BE(this.#take(8)));
      case 0xd0:
        return data.readInt8(this.#take(1));
      case 0xd1:
        return data.readInt16BE(this.#take(2));
      case 0xd2:
        return data.readInt32BE(this.#take(4));
      case 0xd3:
        return small(data.readBigInt64BE(this.#take(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(tag - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(tag - 0xdb), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(tag - 0xdd), depth);
      default:
        throw new MsgpackError('type', `0x${tag.toString(16)}`);
    }
  }

  #array(count: number, depth: number): MsgpackValue[] {
    this.#enter(count, depth);
    const items: MsgpackValue[] = [];
    for (let index = 0; index < count; index++) items.push(this.#value(depth + 1));
    return items;
  }

  #map(count: number, depth: number): { [key: string]: MsgpackValue } {
    this.#enter(count * 2, depth);
    const map: { [key: string]: MsgpackValue } = {};
    for (let index = 0; index < count; index++) {
      const key = this.#key();
      if (Object.hasOwn(map, key)) throw new MsgpackError('key', JSON.stringify(key.slice(0, 40)));
      const value = this.#value(depth + 1);
      // `__proto__` is a key like any other, not the prototype.
      if (key !== '__proto__') map[key] = value;
      else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    }
    return map;
  }

  /** Every value has at least a byte: what is announced beyond the end is noticed before it is waited for. */
  #enter(values: number, depth: number): void {
    if (depth >= this.#limits.depth) throw new MsgpackError('depth');
    if (values > this.#data.length - this.#at) throw new MsgpackError('truncated');
  }

  /** Rspamd takes binary data as a key as well. */
  #key(): string {
    const tag = this.#data[this.#take(1)] as number;
    const length = this.#keyLength(tag);
    if (length === undefined || length === 0) throw new MsgpackError('key');
    return this.#text(length);
  }

  #keyLength(tag: number): number | undefined {
    if ((tag & 0xe0) === 0xa0) return tag & 31;
    if (tag >= 0xd9 && tag <= 0xdb) return this.#length(tag - 0xd9);
    return tag >= 0xc4 && tag <= 0xc6 ? this.#length(tag - 0xc4) : undefined;
  }

  /** An unsigned number of 1, 2 or 4 bytes. */
  #length(power: number): number {
    const bytes = 1 << power;
    return this.#data.readUIntBE(this.#take(bytes), bytes);
  }

  #bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#data.subarray(at, at + length);
  }

  #text(length: number): string {
    const at = this.#take(length);
    const end = at + length;
    const text = this.#characters.slice(at, end);
    if (this.#encoding === 'latin1' || !/[\x80-\xff]/.test(text)) return text;
    if (!isUtf8(this.#data.subarray(at, end))) throw new MsgpackError('text');
    return this.#data.toString('utf8', at, end);
  }

  /** The offset of the next `length` bytes, which are there. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#data.length - at) throw new MsgpackError('truncated');
    this.#at = at + length;
    return at;
  }
}

function small(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
