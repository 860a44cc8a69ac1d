import { LuaError, numberText, toText } from '../values.ts';
import type { Arguments } from './arguments.ts';

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly conversion: string;
}

const spec = /%([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?([\s\S])/y;

/** `string.format`, the C conversions that Lua 5.1 has. */
export function formatString(args: Arguments): string {
  const template = args.text(0);
  const parts: string[] = [];
  let argument = 0;
  let from = 0;
  for (let at = template.indexOf('%'); at !== -1; at = template.indexOf('%', from)) {
    parts.push(template.slice(from, at));
    if (template.charAt(at + 1) === '%') {
      parts.push('%');
      from = at + 2;
      continue;
    }
    spec.lastIndex = at;
    const found = spec.exec(template);
    if (found === null) throw new LuaError(`invalid option '${template.slice(at, at + 2)}' to 'format'`);
    const [image, flags = '', width = '', precision, conversion = ''] = found;
    argument++;
    parts.push(
      convert(
        { flags, width: Number(width), precision: precision === undefined ? undefined : Number(precision), conversion },
        args,
        argument,
      ),
    );
    from = at + image.length;
  }
  parts.push(template.slice(from));
  return parts.join('');
}

function convert(one: Spec, args: Arguments, at: number): string {
  switch (one.conversion) {
    case 'd':
    case 'i':
      return integer(one, BigInt(args.integer(at)));
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return integer(one, BigInt.asUintN(64, BigInt(args.integer(at))));
    case 'c':
      return pad(String.fromCharCode(args.integer(at) & 255), one, ' ');
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return float(one, args.number(at));
    case 'q':
      return quoted(args.text(at));
    case 's': {
      const text = toText(args.any(at));
      return pad(one.precision === undefined ? text : text.slice(0, one.precision), one, ' ');
    }
    default:
      throw new LuaError(`invalid option '%${one.conversion}' to 'format'`);
  }
}

function integer(one: Spec, value: bigint): string {
  const radix = { x: 16, X: 16, o: 8 }[one.conversion] ?? 10;
  const size = (value < 0n ? -value : value).toString(radix);
  const digits = (one.conversion === 'X' ? size.toUpperCase() : size).padStart(one.precision ?? 1, '0');
  const prefix = one.flags.includes('#') && value !== 0n ? ({ x: '0x', X: '0X', o: '0' }[one.conversion] ?? '') : '';
  return pad(sign(one, value < 0n) + prefix + digits, one, one.precision === undefined ? '0' : ' ');
}

function sign(one: Spec, negative: boolean): string {
  if (negative) return '-';
  if (one.conversion === 'd' || one.conversion === 'i' || /[efg]/i.test(one.conversion)) {
    return one.flags.includes('+') ? '+' : one.flags.includes(' ') ? ' ' : '';
  }
  return '';
}

function float(one: Spec, value: number): string {
  const negative = value < 0 || Object.is(value, -0);
  if (!Number.isFinite(value)) return pad(sign(one, negative) + numberText(Math.abs(value)), one, ' ');
  const size = Math.abs(value);
  const precision = one.precision ?? 6;
  const kind = one.conversion.toLowerCase();
  const text =
    kind === 'f' ? size.toFixed(precision) : kind === 'e' ? exponential(size, precision) : general(size, precision);
  return pad(sign(one, negative) + (one.conversion === kind ? text : text.toUpperCase()), one, '0');
}

/** `%e`: at least two digits of exponent. */
function exponential(size: number, precision: number): string {
  return size.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `%g`: the shorter of both forms, without trailing zeros. */
function general(size: number, precision: number): string {
  const digits = Math.max(1, precision);
  if (size === 0) return '0';
  const exponent = Number(size.toExponential(digits - 1).split('e')[1]);
  if (exponent >= -4 && exponent < digits) {
    return size
      .toFixed(digits - 1 - exponent)
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '');
  }
  return exponential(size, digits - 1).replace(/\.?0+e/, 'e');
}

function pad(text: string, one: Spec, filler: string): string {
  if (one.flags.includes('-')) return text.padEnd(one.width);
  if (!one.flags.includes('0') || filler === ' ') return text.padStart(one.width);
  const lead = /^[-+ ]?(?:0[xX])?/.exec(text)?.[0] ?? '';
  return lead + text.slice(lead.length).padStart(one.width - lead.length, '0');
}

function quoted(text: string): string {
  const inner = text.replace(/["\\\n\r\0]/g, (char) => (char === '\r' ? '\\r' : char === '\0' ? '\\000' : `\\${char}`));
  return `"${inner}"`;
}
