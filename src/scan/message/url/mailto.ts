import type { ByteString } from '../bytes.ts';
import { isSpace } from '../bytes.ts';
import { isDomainByte, isLinearBlank, isMailSafe, isUrlEnd } from './characters.ts';
import { Fields, type UrlSource } from './fields.ts';

export const maxDomainLength = 253;
export const maxUserLength = 64;

/** `mailto:user@host?query` (rspamd: src/libserver/url.c:rspamd_mailto_parse). */
export function parseMailto(text: ByteString, start: number, end: number, source: UrlSource): Fields {
  const fields = new Fields(text, start);
  const user = userStart(fields, end);
  if (user !== undefined) address(fields, user, end, source);
  if (source === 'search') fields.ok = true;
  return fields;
}

const maxLength = maxUserLength + maxDomainLength + 1;

/** @returns undefined where no user follows; `fields.end` is where that was seen */
function userStart(fields: Fields, end: number): number | undefined {
  const { text, start } = fields;
  const limit = Math.min(end, start + maxLength + 1);
  let at = text.indexOf(':', start);
  if (at < 0 || at >= limit) {
    fields.end = limit;
    return undefined;
  }
  fields.set('scheme', start, at++);
  const first = at;
  while (at < limit && isSlash(text.charCodeAt(at))) at++;
  fields.end = at;
  if (at - first === 1 && at < limit) return undefined;
  if (at < limit && text[at] === '?') return destination(fields, at + 1, limit);
  return at < limit ? at : undefined;
}

/** Of a query only one that begins with a `t`, for `to=`. */
function destination(fields: Fields, from: number, limit: number): number | undefined {
  const { text } = fields;
  fields.end = from;
  if (from >= limit || text[from] !== 't') return undefined;
  const equal = text.indexOf('=', from);
  fields.end = equal < 0 || equal + 1 >= limit ? limit : equal + 1;
  return fields.end < limit ? fields.end : undefined;
}

function address(fields: Fields, from: number, end: number, source: UrlSource): void {
  const { text, start } = fields;
  const limit = Math.min(end, start + maxLength + 1);
  let at = from;
  for (; at < limit && text[at] !== '@'; at++) {
    if (!isMailSafe(text.charCodeAt(at)) || at - from > maxUserLength) break;
  }
  fields.end = at;
  if (at >= limit || text[at] !== '@' || at === from) return;
  fields.set('user', from, at);
  const host = ++at;
  for (; at < limit && text[at] !== '?'; at++) {
    if (!isDomainByte(text.charCodeAt(at)) || at - host > maxDomainLength) break;
  }
  fields.end = at;
  if (at === end && at > host) {
    fields.set('host', host, at);
    fields.ok = true;
  } else if (at < limit && text[at] === '?') {
    fields.set('host', host, at);
    query(fields, at + 1, limit, end, source);
  }
}

function query(fields: Fields, from: number, limit: number, end: number, source: UrlSource): void {
  const { text } = fields;
  let at = from;
  for (; at < limit; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x23 || (source !== 'href' && isUrlEnd(byte)) || isLinearBlank(byte)) break;
  }
  fields.end = at;
  if (at < limit) {
    const byte = text.charCodeAt(at);
    if (byte === 0x23 && at > from) fields.set('query', from, at);
    fields.ok = byte === 0x23 || !isLinearBlank(byte) || isSpace(byte);
  } else if (at === end && at > from) {
    fields.set('query', from, at);
    fields.ok = true;
  }
}

function isSlash(byte: number): boolean {
  return byte === 0x2f || byte === 0x5c;
}
