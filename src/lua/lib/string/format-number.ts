import { doubleToInt64 } from '../../values/cdata.ts';
import { fromExponential } from '../../values/number-text.ts';

/** One conversion of a format: `%-08.3f`. */
export interface Conversion {
  readonly letter: string;
  readonly left: boolean;
  readonly plus: boolean;
  readonly space: boolean;
  readonly alternate: boolean;
  readonly zero: boolean;
  readonly width: number;
  /** -1 when not given. */
  readonly precision: number;
}

/** Puts sign or prefix and digits into the width: spaces outside, or zeros between them. */
function pad(c: Conversion, prefix: string, body: string, zeros: boolean): string {
  const missing = c.width - prefix.length - body.length;
  if (missing <= 0) return prefix + body;
  if (c.left) return prefix + body + ' '.repeat(missing);
  return zeros ? prefix + '0'.repeat(missing) + body : ' '.repeat(missing) + prefix + body;
}

const signOf = (c: Conversion, negative: boolean): string => (negative ? '-' : c.plus ? '+' : c.space ? ' ' : '');

/** `%d %i` of a 64-bit integer, `%u %x %X %o` of its bits. */
export function formatInteger(c: Conversion, value: bigint | number): string {
  const lower = c.letter.toLowerCase();
  const isSigned = lower === 'd' || lower === 'i';
  const isNegative = value < 0;
  let digits: string;
  if (isSigned) digits = `${isNegative ? -value : value}`;
  else {
    const bits = isNegative ? BigInt.asUintN(64, BigInt(value)) : value;
    digits = bits.toString(lower === 'x' ? 16 : lower === 'o' ? 8 : 10);
  }
  const isZero = digits === '0';
  if (isZero && c.precision === 0 && !(lower === 'o' && c.alternate)) digits = '';
  let prefix = isSigned ? signOf(c, isNegative) : '';
  if (c.alternate && !isZero) {
    if (lower === 'x') prefix = c.letter === 'X' ? '0X' : '0x';
    else if (lower === 'o') digits = `0${digits}`;
  }
  if (c.letter === 'X') digits = digits.toUpperCase();
  return pad(c, prefix, digits.padStart(c.precision, '0'), c.zero && c.precision < 0);
}

/** A double as the 64-bit integer that `%d` prints. */
export function truncateSigned(n: number): bigint | number {
  return Math.abs(n) < 2 ** 53 ? Math.trunc(n) + 0 : doubleToInt64(n < 2 ** 63 ? n : Number.NaN);
}

/** A double as the 64-bit integer whose bits `%x` prints. */
export function truncateUnsigned(n: number): bigint | number {
  if (Math.abs(n) < 2 ** 53) return Math.trunc(n) + 0;
  return n >= 2 ** 63 ? BigInt.asIntN(64, doubleToInt64(n < 2 ** 64 ? n : n - 2 ** 64)) : doubleToInt64(n);
}

function fixed(size: number, precision: number): string {
  if (size < 1e21) return size.toFixed(precision);
  return precision === 0 ? `${BigInt(size)}` : `${BigInt(size)}.${'0'.repeat(precision)}`;
}

function exponential(size: number, precision: number): string {
  const text = size.toExponential(precision);
  const at = text.indexOf('e');
  const exponent = text.slice(at + 2);
  return `${text.slice(0, at)}e${text.charAt(at + 1)}${exponent.padStart(2, '0')}`;
}

function general(c: Conversion, size: number): string {
  const precision = c.precision < 0 ? 6 : Math.max(c.precision, 1);
  return fromExponential(size.toExponential(precision - 1), precision, c.alternate);
}

const bits = new DataView(new ArrayBuffer(8));

function hexadecimal(c: Conversion, size: number): string {
  bits.setFloat64(0, size);
  const raw = bits.getBigUint64(0);
  let exponent = Number(raw >> 52n);
  let mantissa = raw & ((1n << 52n) - 1n);
  if (exponent !== 0) {
    mantissa |= 1n << 52n;
    exponent -= 1023;
  } else if (mantissa !== 0n) {
    exponent = -1022;
    while (mantissa >> 52n === 0n) {
      mantissa <<= 1n;
      exponent--;
    }
  }
  let { precision } = c;
  if (precision >= 0 && precision < 13) mantissa += 1n << BigInt(51 - precision * 4);
  const whole = mantissa >> 52n;
  let fraction = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  if (precision < 0) {
    fraction = fraction.replace(/0+$/, '');
    precision = fraction.length;
  }
  const shown = fraction.slice(0, precision).padEnd(precision, '0');
  const point = precision > 0 || c.alternate ? '.' : '';
  return `${whole}${point}${shown}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** `%e %f %g %a` and their capitals. Exact ties round away from zero, as LuaJIT's own formatter does. */
export function formatFloat(c: Conversion, n: number): string {
  const isUpper = c.letter !== c.letter.toLowerCase();
  const cased = (text: string): string => (isUpper ? text.toUpperCase() : text);
  if (Number.isNaN(n)) return pad(c, c.space ? ' ' : '', cased('nan'), false);
  const isNegative = n < 0 || Object.is(n, -0);
  const sign = signOf(c, isNegative);
  const size = Math.abs(n);
  if (size === Number.POSITIVE_INFINITY) return pad(c, sign, cased('inf'), false);
  const precision = c.precision < 0 ? 6 : c.precision;
  const point = c.alternate && precision === 0 ? '.' : '';
  switch (c.letter.toLowerCase()) {
    case 'f':
      return pad(c, sign, fixed(size, precision) + point, c.zero);
    case 'e':
      return pad(c, sign, cased(exponential(size, precision).replace('e', `${point}e`)), c.zero);
    case 'g':
      return pad(c, sign, cased(general(c, size)), c.zero);
    default:
      return pad(c, sign + cased('0x'), cased(hexadecimal(c, size)), c.zero);
  }
}

/** Pads text to the width of its conversion. */
export function padText(c: Conversion, text: string): string {
  const missing = c.width - text.length;
  if (missing <= 0) return text;
  return c.left ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}
