import {
  argumentError,
  checkNumber,
  checkString,
  cString,
  type LuaResult,
  type LuaValue,
  optionalNumber,
  runtimeError,
  several,
} from '../../lua/index.ts';
import { checkBytes } from '../text/text.ts';

/** `string.pack` and friends of Lua 5.3 (rspamd: src/lua/lua_util.c, from lstrlib.c there). */
interface Item {
  readonly kind: 'int' | 'uint' | 'float' | 'char' | 'string' | 'zero' | 'padding' | 'align' | 'none';
  readonly size: number;
  readonly isLittle: boolean;
  /** Bytes to skip before it. */
  readonly skip: number;
}

const fixed: Readonly<Record<string, readonly [Item['kind'], number]>> = {
  b: ['int', 1],
  B: ['uint', 1],
  h: ['int', 2],
  H: ['uint', 2],
  l: ['int', 8],
  L: ['uint', 8],
  j: ['int', 8],
  J: ['uint', 8],
  T: ['uint', 8],
  f: ['float', 4],
  d: ['float', 8],
  n: ['float', 8],
  z: ['zero', 0],
  x: ['padding', 1],
  X: ['align', 0],
};

const largestInteger = 16;
const largestAlignment = 8;
const mostBytes = 0x7fffffff;

class Format {
  readonly #text: string;
  #at = 0;
  #isLittle = true;
  #largest = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** @param total bytes so far */
  next(total: number): Item | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const [kind, size] = this.#option();
    let align = size;
    if (kind === 'align') {
      const [next, nextSize] = this.#at < this.#text.length ? this.#option() : (['char', 0] as const);
      if (next === 'char' || nextSize === 0) throw argumentError(1, "invalid next option for option 'X'");
      align = nextSize;
    }
    let skip = 0;
    if (align > 1 && kind !== 'char') {
      align = Math.min(align, this.#largest);
      if ((align & (align - 1)) !== 0) throw argumentError(1, 'format asks for alignment not power of 2');
      skip = (align - (total & (align - 1))) & (align - 1);
    }
    return { kind, size, isLittle: this.#isLittle, skip };
  }

  #option(): readonly [Item['kind'], number] {
    const char = this.#text[this.#at++] as string;
    const known = fixed[char];
    if (known !== undefined) return known;
    switch (char) {
      case 'i':
        return ['int', this.#limited(4)];
      case 'I':
        return ['uint', this.#limited(4)];
      case 's':
        return ['string', this.#limited(8)];
      case 'c': {
        const size = this.#number();
        if (size === undefined) throw runtimeError("missing size for format option 'c'");
        return ['char', size];
      }
      case ' ':
        break;
      case '<':
      case '=':
        this.#isLittle = true;
        break;
      case '>':
        this.#isLittle = false;
        break;
      case '!':
        this.#largest = this.#limited(largestAlignment);
        break;
      default:
        throw runtimeError(`invalid format option '${char}'`);
    }
    return ['none', 0];
  }

  #number(): number | undefined {
    const digits = /^\d+/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    return Math.min(Number(digits), mostBytes);
  }

  #limited(absent: number): number {
    const size = this.#number() ?? absent;
    if (size > largestInteger || size <= 0) {
      throw runtimeError(`integral size (${size}) out of limits [1,${largestInteger}]`);
    }
    return size;
  }
}

function integerBytes(value: bigint, { size, isLittle }: Item): string {
  let text = '';
  for (let i = 0; i < size; i++) {
    const byte = String.fromCharCode(Number((value >> BigInt(8 * i)) & 0xffn));
    text = isLittle ? text + byte : byte + text;
  }
  return text;
}

function bytesInteger(bytes: string, isLittle: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) {
    const at = isLittle ? bytes.length - 1 - i : i;
    value = (value << 8n) | BigInt(bytes.charCodeAt(at));
  }
  return value;
}

function floatBytes(value: number, { size, isLittle }: Item): string {
  const bytes = Buffer.alloc(size);
  if (size === 4) isLittle ? bytes.writeFloatLE(value) : bytes.writeFloatBE(value);
  else isLittle ? bytes.writeDoubleLE(value) : bytes.writeDoubleBE(value);
  return bytes.toString('latin1');
}

function bytesFloat(text: string, isLittle: boolean): number {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length === 4) return isLittle ? bytes.readFloatLE() : bytes.readFloatBE();
  return isLittle ? bytes.readDoubleLE() : bytes.readDoubleBE();
}

export function pack(args: readonly LuaValue[]): LuaResult {
  const format = new Format(cString(checkString(args, 1)).toString('latin1'));
  let out = '';
  let argument = 1;
  for (let item = format.next(0); item !== undefined; item = format.next(out.length)) {
    out += '\0'.repeat(item.skip);
    if (item.kind !== 'padding' && item.kind !== 'align' && item.kind !== 'none') argument++;
    out += packed(item, args, argument);
  }
  return out;
}

function packed(item: Item, args: readonly LuaValue[], argument: number): string {
  const { kind, size } = item;
  switch (kind) {
    case 'int':
    case 'uint': {
      const value = toInteger(checkNumber(args, argument));
      const isSigned = kind === 'int';
      if (size < 8 && value !== (isSigned ? BigInt.asIntN(8 * size, value) : BigInt.asUintN(8 * size, value))) {
        throw argumentError(argument, isSigned ? 'integer overflow' : 'unsigned overflow');
      }
      return integerBytes(isSigned ? value : BigInt.asUintN(64, value), item);
    }
    case 'float':
      return floatBytes(checkNumber(args, argument), item);
    case 'char':
      return checkString(args, argument).slice(0, size).padEnd(size, '\0');
    case 'string': {
      const text = checkString(args, argument);
      if (size < 8 && text.length >= 2 ** (8 * size)) {
        throw argumentError(argument, 'string length does not fit in given size');
      }
      return integerBytes(BigInt(text.length), item) + text;
    }
    case 'zero': {
      const text = checkString(args, argument);
      if (text.includes('\0')) throw argumentError(argument, 'string contains zeros');
      return `${text}\0`;
    }
    case 'padding':
      return '\0';
    default:
      return '';
  }
}

function toInteger(value: number): bigint {
  return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : -(1n << 63n);
}

export function packSize(args: readonly LuaValue[]): LuaResult {
  const format = new Format(cString(checkString(args, 1)).toString('latin1'));
  let total = 0;
  for (let item = format.next(0); item !== undefined; item = format.next(total)) {
    if (item.kind === 'string' || item.kind === 'zero') throw argumentError(1, 'variable-length format');
    total += item.skip + item.size;
    if (total > mostBytes) throw argumentError(1, 'format result too large');
  }
  return total;
}

/** The values, and the position behind the last one. */
export function unpack(args: readonly LuaValue[]): LuaResult {
  const format = new Format(cString(checkString(args, 1)).toString('latin1'));
  const data = checkBytes(args, 2);
  const given = Math.trunc(optionalNumber(args, 3, 1));
  let at = (given >= 0 ? given : Math.max(0, data.length + given + 1)) - 1;
  if (at < 0 || at > data.length) throw argumentError(3, 'initial position out of string');
  const values: LuaValue[] = [];
  for (let item = format.next(at); item !== undefined; item = format.next(at)) {
    if (at + item.skip + item.size > data.length) throw argumentError(2, 'data string too short');
    at += item.skip;
    const [value, length] = unpacked(item, data, at);
    if (value !== undefined) values.push(value);
    at += length;
  }
  return several([...values, at + 1]);
}

function unpacked(item: Item, data: string, at: number): readonly [value: LuaValue, length: number] {
  const { kind, size, isLittle } = item;
  const bytes = data.slice(at, at + size);
  switch (kind) {
    case 'int':
    case 'uint':
      return [Number(integerOf(bytes, item)), size];
    case 'float':
      return [bytesFloat(bytes, isLittle), size];
    case 'char':
      return [bytes, size];
    case 'string': {
      const length = Number(bytesInteger(bytes, isLittle));
      if (at + size + length > data.length) throw argumentError(2, 'data string too short');
      return [data.slice(at + size, at + size + length), size + length];
    }
    case 'zero': {
      const end = data.indexOf('\0', at);
      if (end < 0) throw argumentError(2, "unfinished string for format 'z'");
      return [data.slice(at, end), end - at + 1];
    }
    default:
      return [undefined, size];
  }
}

function integerOf(bytes: string, { kind, size, isLittle }: Item): bigint {
  const whole = bytesInteger(bytes, isLittle);
  if (size < 8) return kind === 'int' ? BigInt.asIntN(8 * size, whole) : whole;
  const value = BigInt.asIntN(64, whole);
  const rest = whole >> 64n;
  const expected = kind === 'int' && value < 0n ? (1n << BigInt(8 * (size - 8))) - 1n : 0n;
  if (rest !== expected) throw runtimeError(`${size}-byte integer does not fit into Lua Integer`);
  return value;
}
