import { BLANK, isByte, skipBytes, VALUE_END } from './bytes.ts';

export interface NumberLiteral {
  readonly type: 'int' | 'float' | 'time';
  /** bigint for an int (signed 64 bit), otherwise number; a time is in seconds. */
  readonly value: bigint | number;
  /** Offset after the literal, its suffix and the blanks that may follow a plain number. */
  readonly end: number;
}

const longestDigits = 126;
const decimal: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };
const binary: Readonly<Record<string, bigint>> = { k: 1n << 10n, m: 1n << 20n, g: 1n << 30n };
const seconds: Readonly<Record<string, number>> = { s: 1, h: 3600, d: 86400, w: 604800, y: 31536000 };

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}

/** What the digits are before anybody looks at a suffix. */
interface Digits {
  readonly negative: boolean;
  readonly start: number;
  readonly end: number;
  readonly hex: boolean;
  readonly fraction: boolean;
}

/**
 * Finds the digits of a number. An `x` after leading digits starts the number anew in hexadecimal, whatever stood
 * before it; a fraction seen before that `x` still counts as seen.
 */
function scanDigits(text: string, from: number): Digits | undefined {
  const negative = text.charCodeAt(from) === 45;
  let start = negative ? from + 1 : from;
  let at = start;
  let [hex, dot, exponent, digitSeen] = [false, false, false, false];
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (hex && isHexDigit(byte)) continue;
    if (isDigit(byte)) {
      digitSeen = true;
    } else if (!hex && (byte === 120 || byte === 88)) {
      hex = true;
      start = at + 1;
    } else if (hex) {
      if (byte === 46) return undefined;
      break;
    } else if (at === start) {
      return undefined;
    } else if (byte === 46) {
      if (dot) return undefined;
      dot = true;
    } else if (byte === 101 || byte === 69) {
      const next = text.charCodeAt(at + 1);
      if (exponent || !(isDigit(next) || next === 43 || next === 45)) return undefined;
      exponent = true;
      at++;
    } else {
      break;
    }
  }
  if (!digitSeen || at === start || at - start > longestDigits) return undefined;
  return { negative, start, end: at, hex, fraction: dot || exponent };
}

/** The longest part of `digits` that C's strtod reads. */
function floatPrefix(digits: string): string {
  return /^\d+\.?\d*(?:[eE][+-]?\d+)?|^\.\d+(?:[eE][+-]?\d+)?/.exec(digits)?.[0] ?? '';
}

/** True when C's strtod would report a range error for these digits. */
function floatOutOfRange(digits: string, value: number): boolean {
  if (!Number.isFinite(value)) return true;
  return Math.abs(value) < 2 ** -1022 && /[1-9]/.test(digits.replace(/[eE].*/, ''));
}

function toInt64(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/**
 * Reads a number as libucl does (rspamd: contrib/libucl/ucl_parser.c:ucl_maybe_parse_number).
 *
 * @param timeSuffixes false: `s`, `min`, `h`, `d`, `w`, `y` make a string (`ms`, `ks` and `gs` are still times)
 * @returns undefined when the text is no number and must be read as a bare string; `'range'` when it does not fit
 */
export function scanNumber(text: string, from: number, timeSuffixes: boolean): NumberLiteral | 'range' | undefined {
  const digits = scanDigits(text, from);
  if (digits === undefined) return undefined;
  const image = text.slice(digits.start, digits.end);
  let float = 0;
  let int = 0n;
  let read = image.length;
  if (digits.fraction) {
    const prefix = floatPrefix(image);
    if (prefix === '' && digits.negative) return undefined;
    float = prefix === '' ? 0 : Number(prefix);
    if (floatOutOfRange(prefix, float)) return 'range';
    if (digits.negative) float = -float;
    read = prefix.length;
  } else {
    int = BigInt(digits.hex ? `0x${image}` : image);
    if (digits.negative) int = -int;
    if (int !== BigInt.asIntN(64, int)) return 'range';
  }
  // With a hexadecimal part the result is an int, whatever the fraction before it promised.
  const plain = (end: number): NumberLiteral =>
    digits.fraction && !digits.hex ? { type: 'float', value: float, end } : { type: 'int', value: int, end };
  const time = (value: number, end: number): NumberLiteral =>
    digits.hex ? { type: 'int', value: int, end } : { type: 'time', value, end };

  const at = digits.start + read;
  if (endsAt(text, at)) return plain(at);
  const base = digits.fraction ? float : Number(int);
  const suffix = text.charAt(at).toLowerCase();
  if (suffix === ' ' || suffix === '\t') {
    const end = skipBytes(text, at, BLANK);
    return endsAt(text, end) ? plain(end) : undefined;
  }
  const factor = decimal[suffix];
  if (factor === undefined) {
    const unit = seconds[suffix];
    return unit !== undefined && timeSuffixes && endsAt(text, at + 1) ? time(base * unit, at + 1) : undefined;
  }
  const second = text.charAt(at + 1).toLowerCase();
  if (second === 's') {
    const value = suffix === 'm' ? base / 1000 : base * factor;
    return endsAt(text, at + 2) ? time(value, at + 2) : undefined;
  }
  if (second === 'b') {
    const value = BigInt.asIntN(64, (digits.fraction ? toInt64(float) : int) * (binary[suffix] ?? 1n));
    return endsAt(text, at + 2) ? { type: 'int', value, end: at + 2 } : undefined;
  }
  if (endsAt(text, at + 1)) {
    float *= factor;
    int = BigInt.asIntN(64, int * BigInt(factor));
    return plain(at + 1);
  }
  const minutes = timeSuffixes && text.slice(at, at + 3).toLowerCase() === 'min';
  return minutes && endsAt(text, at + 3) ? time(base * 60, at + 3) : undefined;
}

function endsAt(text: string, at: number): boolean {
  return at >= text.length || isByte(text, at, VALUE_END);
}
