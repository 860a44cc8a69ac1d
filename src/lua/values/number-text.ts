/** Numbers as text: `%.14g` as everywhere in Lua 5.1. */

/** Strips what `%g` strips and puts the exponent in C's form from JavaScript's `d.ddde+x`. */
export function fromExponential(exponential: string, precision: number, keepZeros: boolean): string {
  const at = exponential.indexOf('e');
  const exponent = Number(exponential.slice(at + 1));
  const negative = exponential.startsWith('-');
  const digits = exponential.slice(negative ? 1 : 0, at).replace('.', '');
  const sign = negative ? '-' : '';
  if (exponent < -4 || exponent >= precision) {
    const mantissa = withFraction(digits.slice(0, 1), digits.slice(1), keepZeros);
    const size = Math.abs(exponent);
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  if (exponent < 0) return sign + withFraction('0', '0'.repeat(-exponent - 1) + digits, keepZeros);
  return sign + withFraction(digits.slice(0, exponent + 1), digits.slice(exponent + 1), keepZeros);
}

function withFraction(whole: string, fraction: string, keepZeros: boolean): string {
  const kept = keepZeros ? fraction : fraction.replace(/0+$/, '');
  return kept === '' && !keepZeros ? whole : `${whole}.${kept}`;
}

/** The text of a number as `tostring`, `..` and `print` show it. */
export function numberToString(n: number): string {
  if ((n | 0) === n && n !== 0) return `${n}`;
  if (n === 0) return Object.is(n, -0) ? '-0' : '0';
  const size = Math.abs(n);
  if (size >= 1e-4 && size < 1e14) {
    // the shortest text that reads back is what %.14g shows, as long as it has no more than 14 digits
    const short = `${n}`;
    if (short.length <= 15) return short;
    if (Number.isInteger(n)) return short;
  }
  if (Number.isNaN(n)) return 'nan';
  if (size === Number.POSITIVE_INFINITY) return n > 0 ? 'inf' : '-inf';
  return fromExponential(n.toExponential(13), 14, false);
}
