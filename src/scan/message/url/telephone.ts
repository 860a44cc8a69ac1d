import { type ByteString, isDigit, isSpace } from '../bytes.ts';
import { readUtf8 } from '../utf8.ts';
import { isUrlEnd } from './characters.ts';
import { Fields, type UrlSource } from './fields.ts';
import { maxUserLength } from './mailto.ts';

/** `tel:+1 (234) 567`, `callto:…` (rspamd: src/libserver/url.c:rspamd_telephone_parse). */
export function parseTelephone(text: ByteString, start: number, end: number, source: UrlSource): Fields {
  const fields = new Fields(text, start);
  const limit = Math.min(end, start + maxUserLength + 1);
  fields.end = limit;
  const colon = text.indexOf(':', start);
  if (colon >= 0 && colon < limit) {
    fields.set('scheme', start, colon);
    const number = numberStart(fields, colon + 1, limit);
    if (number !== undefined) readNumber(fields, number, limit, end);
  }
  if (source === 'search') fields.ok = true;
  return fields;
}

function numberStart(fields: Fields, from: number, limit: number): number | undefined {
  const { text } = fields;
  let at = from;
  if (at < limit && isEitherSlash(text.charCodeAt(at))) {
    at++;
    if (at < limit && !isEitherSlash(text.charCodeAt(at))) {
      fields.end = at;
      return undefined;
    }
    at++;
  }
  while (at < limit && text[at] === '/') at++;
  while (at < limit && isSpace(text.charCodeAt(at))) at++;
  return at < limit ? at : undefined;
}

/** Whatever follows the first digit belongs to the number, up to a closing bracket, a quote or a broken character. */
function readNumber(fields: Fields, from: number, limit: number, end: number): void {
  const { text, start } = fields;
  let at = text[from] === '+' ? from + 1 : from;
  if (at < limit) {
    const first = text.charCodeAt(at);
    if (first !== 0x25 && first !== 0x28 && !isDigit(first)) {
      fields.end = at;
      return;
    }
    at++;
  }
  let closed = at > from && from + 1 === at && text[from] === '+';
  if (closed) return;
  while (at < end && at - start <= maxUserLength && !closed) {
    const read = readUtf8(text, at, end);
    at += Math.abs(read) & 7;
    closed = read < 16 || (isUrlEnd((read >>> 3) & 0xff) && !/[)\]]/.test(text[at - 1] as string));
  }
  fields.end = at;
  if (!closed && at < end) return;
  fields.set('host', from, at);
  fields.ok = true;
}

function isEitherSlash(byte: number): boolean {
  return byte === 0x2f || byte === 0x5c;
}
