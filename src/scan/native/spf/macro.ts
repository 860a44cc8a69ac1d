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

/**
 * Unlike RFC 7208, 7.3 it cuts no labels off, takes one delimiter, and escapes nothing
 * (rspamd: src/libserver/spf.c:rspamd_spf_process_substitution).
 */
function expandMacro(macro: ByteString, values: MacroValues): ByteString | undefined {
  const [, letter = '', modifiers = ''] = /^([a-z])([0-9r\-.+,/_=]*)$/i.exec(macro) ?? [];
  const value = macroValue(letter.toLowerCase(), values);
  if (value === undefined) return undefined;
  const delimiter = /[^0-9r](?=[0-9r]*$)/.exec(modifiers)?.[0] ?? '.';
  const reversed = modifiers.includes('r');
  if (!reversed && delimiter === '.' && Number(modifiers.replace(/\D/g, '')) === 0) return value;
  const parts = value.split(delimiter).filter((part) => part !== '');
  if (reversed) parts.reverse();
  return parts.length === 0 ? value : parts.join('.');
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
    default:
      return undefined;
  }
}
