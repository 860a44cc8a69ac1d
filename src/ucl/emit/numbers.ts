/**
 * A double in a configuration as Rspamd writes it (rspamd: src/libutil/str_util.c:rspamd_fstring_emit_append_double):
 * whole values that fit a C int with one decimal, others with six; `null` for what JSON has no number for.
 */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  return decimal(value, value === (value | 0) ? 1 : 6);
}

/** Bytes that a number may have before it is written with an exponent (rspamd: contrib/fpconv). */
const longestDecimal = 29;

/**
 * A double as Rspamd's own `printf` writes it (rspamd: src/libutil/fpconv_format.c): rounded half up from the shortest
 * digits that read back; large ones of few digits as `5e+9`.
 * @param places decimals; undefined for as many as there are
 */
export function decimal(value: number, places: number | undefined): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const fraction = places ? `.${'0'.repeat(places)}` : '';
  if (value === 0) return `${sign}0${fraction}`;
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  const zeros = exponent - digits.length + 1;
  if (zeros >= 0 && Math.abs(exponent) < digits.length + 7) return `${sign}${digits}${'0'.repeat(zeros)}${fraction}`;
  if (zeros < 0 && places !== undefined) return sign + roundedDecimals(digits, exponent, places);
  if (zeros < 0 && -zeros <= longestDecimal) return sign + allDecimals(digits, exponent);
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function allDecimals(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** `0.d1d2…` times ten to the power of exponent + 1, rounded half up to some decimal places. */
function roundedDecimals(digits: string, exponent: number, places: number): string {
  const scale = exponent + 1 + places;
  const kept = scale > 0 ? digits.slice(0, scale) : '';
  const next = scale < 0 ? '0' : (digits[scale] ?? '0');
  const whole =
    BigInt(kept === '' ? 0 : kept) * 10n ** BigInt(Math.max(0, scale - digits.length)) + (next >= '5' ? 1n : 0n);
  const text = whole.toString().padStart(places + 1, '0');
  return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
}

/** A double as libucl writes it by itself (rspamd: contrib/libucl/ucl_emitter.c:ucl_utstring_append_double). */
function libuclDouble(value: number): string {
  if (Number.isNaN(value)) return '-nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === (value | 0)) return value.toFixed(1).replace(/^0/, Object.is(value, -0) ? '-0' : '0');
  if (Math.abs(value - (value | 0)) < 1e-7) return fifteenDigits(value);
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  const isTie = Number.isInteger(value * 128) && Math.abs(value * 128) % 2 === 1;
  const cut = isTie ? value.toFixed(7).slice(0, -1) : '';
  return isTie && Number(cut.at(-1)) % 2 === 0 ? cut : value.toFixed(6);
}

/** C's `%.15g` of a number close to a C int. */
function fifteenDigits(value: number): string {
  const rounded = Number(value.toPrecision(15));
  if (Math.abs(rounded) >= 1e-4) return String(rounded);
  return rounded.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

/** A double with all its digits, as UCL reads it back: always with a point, or as a keyword. */
function exactDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  if (/^-?\d+$/.test(text)) return `${text}.0`;
  return text;
}

/** How numbers are written: as Rspamd does by default, with all digits, or as libucl does by itself. */
export type NumberStyle = 'rspamd' | 'exact' | 'libucl';

export function doubleText(value: number, style: NumberStyle): string {
  if (style === 'libucl') return libuclDouble(value);
  return style === 'exact' ? exactDouble(value) : formatDouble(value);
}
