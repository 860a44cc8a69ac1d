import type { ByteString } from '../../message/index.ts';
import { dottedIp } from '../ip.ts';

/** What macros stand for (RFC 7208, 7.2). */
export interface MacroValues {
  /** `local@domain`. */
  readonly sender: ByteString;
  readonly localPart: ByteString;
  readonly senderDomain: ByteString;
  /** Domain whose record is read. */
  readonly domain: ByteString;
  readonly ip: readonly number[];
  readonly helo: ByteString | undefined;
}

/**
 * Puts values in the place of macros.
 * @returns the text as it stands where it holds something that is no macro (rspamd: src/libserver/spf.c:expand_spf_macro)
 */
export function expandMacros(text: ByteString, values: MacroValues): ByteString {
  if (!text.includes('%')) return text;
  let wrong = false;
  const expanded = text.replace(/%(?:\{([^}]*)\}|([\s\S]?))/g, (_, macro: string | undefined, sign: string) => {
    const value = macro === undefined ? signs.get(sign) : expandMacro(macro, values);
    if (value === undefined) wrong = true;
    return value ?? '';
  });
  return wrong ? text : expanded;
}

const signs = new Map([
  ['%', '%'],
  ['_', ' '],
  ['-', '%20'],
]);

function expandMacro(macro: ByteString, values: MacroValues): ByteString | undefined {
  const [, letter = '', digits = '', reversed = '', delimiters = ''] =
    /^([a-z])(\d*)(r?)([-.+,/_=]*)$/i.exec(macro) ?? [];
  const value = macroValue(letter.toLowerCase(), values);
  if (value === undefined) return undefined;
  const parts = split(value, delimiters === '' ? '.' : delimiters);
  if (reversed !== '') parts.reverse();
  const kept = digits === '' || Number(digits) === 0 ? parts : parts.slice(-Number(digits));
  const text = kept.join('.');
  return letter === letter.toUpperCase() ? escaped(text) : text;
}

function macroValue(letter: string, values: MacroValues): ByteString | undefined {
  switch (letter) {
    case 's':
      return values.sender;
    case 'l':
      return values.localPart;
    case 'o':
      return values.senderDomain;
    case 'd':
      return values.domain;
    case 'i':
      return dottedIp(values.ip);
    case 'v':
      return values.ip.length === 4 ? 'in-addr' : 'ip6';
    case 'h':
      return values.helo?.slice(values.helo.indexOf('@') + 1) ?? 'unknown';
    // The client's name would have to be proved by DNS; RFC 7208, 7.3 lets us not know it.
    case 'p':
      return 'unknown';
    default:
      return undefined;
  }
}

function split(value: ByteString, delimiters: string): string[] {
  const parts: string[] = [''];
  for (const c of value) {
    if (delimiters.includes(c)) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
}

/** Bytes that a URI does not carry as they are (RFC 3986, 2.3). */
function escaped(text: ByteString): ByteString {
  return text.replace(/[^A-Za-z0-9\-._~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
