/**
 * A double the way Rspamd writes it (rspamd: src/libutil/str_util.c:rspamd_fstring_emit_append_double and
 * fpconv_format.c): whole values that fit a C int with one decimal, others with six, rounded half up from the shortest
 * digits; large ones of few digits as `5e+9`; `null` for what JSON has no number for.
 */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const places = value === (value | 0) ? 1 : 6;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0.${'0'.repeat(places)}`;
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  const zeros = exponent - digits.length + 1;
  if (zeros < 0) return sign + roundedDecimals(digits, exponent, places);
  if (Math.abs(exponent) < digits.length + 7) return `${sign}${digits}${'0'.repeat(zeros)}.${'0'.repeat(places)}`;
  return `${sign}${mantissa}e+${exponent}`;
}

/** `0.d1d2…` times ten to the power of exponent + 1, rounded half up to some decimal places. */
function roundedDecimals(digits: string, exponent: number, places: number): string {
  const scale = exponent + 1 + places;
  const kept = scale > 0 ? digits.slice(0, scale) : '';
  const next = scale < 0 ? '0' : (digits[scale] ?? '0');
  const whole =
    BigInt(kept === '' ? 0 : kept) * 10n ** BigInt(Math.max(0, scale - digits.length)) + (next >= '5' ? 1n : 0n);
  const text = whole.toString().padStart(places + 1, '0');
  return `${text.slice(0, -places)}.${text.slice(-places)}`;
}

/** A double with all its digits, as UCL reads it back: always with a point, or as a keyword. */
export function exactDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  if (/^-?\d+$/.test(text)) return `${text}.0`;
  return text;
}
