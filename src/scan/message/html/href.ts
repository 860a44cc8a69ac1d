import { type ByteString, hexValue, isAlnum, isGraph, isSpace } from '../bytes.ts';
import { normalise, trimUnicode } from '../normalise.ts';
import { parseUrl } from '../url/parse.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';
import type { Url } from '../url/url.ts';

const maxRaw = 32767;

/**
 * The URL of a link, with the scheme that it may leave out (rspamd: src/libserver/html/html_url.cxx:html_process_url).
 * @param given value of the attribute
 */
export function parseHref(given: ByteString, suffixes: PublicSuffixes): Url | undefined {
  const text = trimUnicode(given);
  const prefix = missingPrefix(text);
  if (prefix === undefined) return undefined;
  const { bytes, damaged } = prefix === '' ? cleaned(text) : withPrefix(prefix, cleaned(text));
  const normal = normalise(bytes);
  const url = parseUrl(normal.bytes, 'href', suffixes);
  if (url === undefined || url.host === '' || url.protocol === 'unknown') return undefined;
  if (normal.changed) url.add('unnormalised');
  if (normal.zeroWidth) url.add('zw_spaces');
  if (normal.cut || damaged) url.add('obscured');
  if (prefix !== '') {
    url.add('schemaless');
    if (url.tld === '' || url.has('no_tld')) return undefined;
  }
  url.raw = text.slice(0, maxRaw);
  if (text.length > maxRaw) url.add('truncated');
  return url;
}

/** @returns empty where the URL has a scheme, undefined for what is no URL at all */
function missingPrefix(text: ByteString): ByteString | undefined {
  if (text.includes('://') || (text.length >= 8 && /^(?:mailto|tel|callto):/.test(text))) return '';
  let dots = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte >= 0x80 || isAlnum(byte)) continue;
    const c = text[at] as string;
    if (at > 0 && '.-_+'.includes(c)) {
      dots = true;
      continue;
    }
    if (at === 0 && text.length > 2 && text.startsWith('//')) return 'http:';
    if (c === '@') return 'mailto:';
    if (at === 0) return undefined;
    return c === ':' ? '' : 'http://';
  }
  return dots ? 'http://' : '';
}

interface Cleaned {
  readonly bytes: ByteString;
  /** There were control characters. */
  readonly damaged: boolean;
}

function withPrefix(prefix: ByteString, { bytes, damaged }: Cleaned): Cleaned {
  return { bytes: prefix + bytes, damaged };
}

/** Without blanks; control characters as escapes, and characters that part a URL not as escapes. */
function cleaned(text: ByteString): Cleaned {
  if (!/[\0- %\x7f]/.test(text)) return { bytes: text, damaged: false };
  let bytes = '';
  let damaged = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    const byte = text.charCodeAt(at);
    if (isSpace(byte)) continue;
    if (byte < 0x80 && !isGraph(byte)) {
      bytes += `%${byte.toString(16).padStart(2, '0')}`;
      damaged = true;
    } else if (c === '%' && at + 2 < text.length) {
      const value = hexValue(text.charCodeAt(at + 1)) * 16 + hexValue(text.charCodeAt(at + 2));
      const isEscape = hexValue(text.charCodeAt(at + 1)) >= 0 && hexValue(text.charCodeAt(at + 2)) >= 0;
      const decoded = isEscape ? String.fromCharCode(value) : '';
      if (decoded !== '' && '@:|?\\/'.includes(decoded)) {
        bytes += decoded;
        at += 2;
      } else {
        bytes += c;
      }
    } else {
      bytes += c;
    }
  }
  return { bytes, damaged };
}
