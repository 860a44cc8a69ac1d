import { encode } from './text.ts';

const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * Undoes the escapes of a double-quoted or bare string (rspamd: contrib/libucl/ucl_util.c:ucl_unescape_json_string).
 * `\uXXXX` becomes one to three bytes, each alone, so that a surrogate pair becomes six. In a bare string the digits
 * are not checked: reading ends at the first that is none, and a `\u` too near the end loses its first digit.
 */
export function decodeEscapes(raw: string): string {
  if (raw.length <= 1) return raw;
  const parts: string[] = [];
  let from = 0;
  for (let at = raw.indexOf('\\'); at !== -1; at = raw.indexOf('\\', from)) {
    parts.push(raw.slice(from, at));
    const kind = raw.charAt(at + 1);
    if (kind === '') {
      parts.push('\\');
      from = at + 1;
    } else if (kind !== 'u') {
      parts.push(simple[kind] ?? kind);
      from = at + 2;
    } else if (raw.length - at < 5) {
      parts.push('u');
      from = at + 3;
    } else {
      parts.push(encode(hexDigits(raw, at + 2)));
      from = at + 6;
    }
  }
  parts.push(raw.slice(from));
  return parts.join('');
}

/** Four digits; from the first that is none on they are taken for nothing, but that one still counts as a place. */
function hexDigits(raw: string, from: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    value <<= 4;
    const digit = Number.parseInt(raw.charAt(from + i), 16);
    if (Number.isNaN(digit)) break;
    value += digit;
  }
  return value;
}

/**
 * Undoes the escapes of a single-quoted string (rspamd: contrib/libucl/ucl_util.c:ucl_unescape_squoted_string): `\'` is
 * a quote, a backslash before the end of a line takes both away, any other backslash stays.
 */
export function decodeSingleEscapes(raw: string): string {
  if (raw.length <= 1) return raw;
  return raw.replace(/\\(?:\r\n|[\s\S])/g, (found) => {
    const kind = found.charAt(1);
    if (kind === "'") return "'";
    return kind === '\n' || kind === '\r' ? '' : found;
  });
}
