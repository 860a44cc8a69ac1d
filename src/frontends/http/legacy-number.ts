/**
 * `%.2f` as Rspamd 4.x prints it: the shortest decimal form of the number, rounded half away from zero; whole numbers
 * that end in eight zeros or more get an exponent (rspamd: src/libutil/fpconv_format.c:fpconv_format_dtoa).
 */
export function twoDecimals(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}inf`;
  const [, first = '', rest = '', exponent = ''] =
    /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(Math.abs(value).toExponential()) ?? [];
  const digits = first + rest;
  /** The number is `digits` times ten to the power of this. */
  const power = Number(exponent) - rest.length;
  if (power >= 8) return `${sign}${rest === '' ? first : `${first}.${rest}`}e+${Number(exponent)}`;
  return sign + fixed(digits, power);
}

/** `digits` times ten to `power`, rounded to hundredths. */
function fixed(digits: string, power: number): string {
  const hundredths = power + 2;
  const kept = hundredths >= 0 ? digits + '0'.repeat(hundredths) : digits.slice(0, hundredths);
  const roundUp = hundredths < 0 && (digits.at(hundredths) ?? '0') >= '5';
  const text = (BigInt(kept === '' ? '0' : kept) + (roundUp ? 1n : 0n)).toString().padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}
