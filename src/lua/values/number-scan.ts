/**
 * Reading numbers from text as LuaJIT does, for the lexer, `tonumber` and string arithmetic.
 * Decimal, `0x` with fraction and binary exponent, `0b` integers, `inf`, `nan`; 64-bit and imaginary suffixes
 * only where the caller allows them (luajit: src/lj_strscan.c).
 */

export type ScannedNumber =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'int64' | 'uint64'; readonly value: bigint }
  | { readonly kind: 'imaginary'; readonly value: number };

const decimal = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;
const hexadecimal = /^0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?/;
const binary = /^0[bB]([01]+)/;
const longest = 1 << 20; // an exponent of this size or more is refused

/** Value of hexadecimal digits with a binary exponent, rounded once. */
function hexValue(whole: string, fraction: string, exponent: number): number {
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return 0;
  const exp = exponent - 4 * fraction.length;
  if (digits.length <= 13) return scale(Number.parseInt(digits, 16), exp);
  // 15 digits hold more than a double; what is cut off only decides how to round
  let kept = BigInt(`0x${digits.slice(0, 15)}`) << 1n;
  if (/[1-9a-fA-F]/.test(digits.slice(15))) kept |= 1n;
  return scale(Number(kept), exp - 1 + 4 * Math.max(0, digits.length - 15));
}

/** n * 2^exp without an intermediate overflow. */
function scale(n: number, exp: number): number {
  let value = n;
  let left = exp;
  while (left > 1000) {
    value *= 2 ** 1000;
    left -= 1000;
  }
  while (left < -1000) {
    value *= 2 ** -1000;
    left += 1000;
  }
  return value * 2 ** left;
}

/** Reads `inf`, `infinity` and `nan` in any case; undefined when the text is none of them. */
function scanWord(word: string): number | undefined {
  const lower = word.toLowerCase();
  if (lower === 'inf' || lower === 'infinity') return Number.POSITIVE_INFINITY;
  return lower === 'nan' ? Number.NaN : undefined;
}

interface Magnitude {
  readonly length: number;
  readonly value: number;
  /** Digits as an integer where the text has no fraction and no exponent. */
  readonly integer: string | undefined;
}

function scanMagnitude(text: string): Magnitude | undefined {
  const hex = hexadecimal.exec(text);
  if (hex !== null) {
    const [all, whole = '', fraction, exponent] = hex;
    if (whole === '' && (fraction ?? '') === '') return undefined;
    if (Math.abs(Number(exponent ?? 0)) >= longest) return undefined;
    const plain = fraction === undefined && exponent === undefined;
    const value = hexValue(whole, fraction ?? '', Number(exponent ?? 0));
    return { length: all.length, value, integer: plain ? `0x${whole}` : undefined };
  }
  const bin = binary.exec(text);
  if (bin !== null) {
    const [all, digits = ''] = bin;
    if (digits.length > 64) return undefined;
    return { length: all.length, value: Number(BigInt(`0b${digits}`)), integer: `0b${digits}` };
  }
  const dec = decimal.exec(text);
  if (dec === null) return undefined;
  const [all] = dec;
  const exponent = /[eE]([+-]?\d+)/.exec(all);
  if (exponent !== null && Math.abs(Number(exponent[1])) >= longest) return undefined;
  return { length: all.length, value: Number(all), integer: /^\d+$/.test(all) ? all : undefined };
}

/**
 * Reads a literal with its optional suffix (`LL`, `ULL`, `i`) from unsigned text that must be used up wholly.
 * Returns undefined for malformed text.
 */
export function scanLiteral(text: string): ScannedNumber | undefined {
  const found = scanMagnitude(text);
  if (found === undefined) return undefined;
  const suffix = text.slice(found.length).toLowerCase();
  if (suffix === '') return { kind: 'number', value: found.value };
  if (suffix === 'i') return { kind: 'imaginary', value: found.value };
  if (found.integer === undefined) return undefined;
  if (suffix !== 'll' && suffix !== 'ull' && suffix !== 'llu') return undefined;
  const value = BigInt(found.integer);
  if (value >> 64n !== 0n) return undefined;
  return suffix === 'll' ? { kind: 'int64', value: BigInt.asIntN(64, value) } : { kind: 'uint64', value };
}

const simple = /^\d{1,15}$/;

/** Reads a whole string as a number the way arithmetic and `tonumber` do; undefined when it is not one. */
export function stringToNumber(text: string): number | undefined {
  if (simple.test(text)) return +text;
  const trimmed = /^[ \t\n\v\f\r]*([+-]?)([\s\S]*?)[ \t\n\v\f\r]*$/.exec(text);
  if (trimmed === null) return undefined;
  const [, sign, body = ''] = trimmed;
  const found = scanMagnitude(body);
  const value = found === undefined ? scanWord(body) : found.length === body.length ? found.value : undefined;
  return value === undefined || sign !== '-' ? value : -value;
}
