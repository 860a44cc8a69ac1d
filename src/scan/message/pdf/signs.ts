import type { ByteString } from '../bytes.ts';

/** A trailer that begins later is not read; bytes (rspamd: lualib/lua_content/pdf.lua, max_pdf_trailer). */
const latestTrailer = 10 * 1024 * 1024;
/** rspamd: lualib/lua_content/pdf.lua, max_pdf_trailer_lines. */
const maxTrailerLines = 100;

/** What the last trailer of a file says (rspamd: lualib/lua_content/pdf.lua:processors.trailer). */
export interface Trailer {
  readonly encrypted: boolean;
  /** Its bytes, where it is too long to be read; else undefined. */
  readonly tooLong: number | undefined;
}

export function readTrailer(text: ByteString): Trailer {
  let end = -1;
  for (const found of text.matchAll(/\ntrailer\r?\n/g)) end = found.index + found[0].length;
  if (end < 0) return { encrypted: false, tooLong: undefined };
  const tooLong = { encrypted: false, tooLong: text.length - end };
  if (end > latestTrailer) return tooLong;
  let at = end;
  for (let line = 0; line < maxTrailerLines; line++) {
    while (text[at] === '\n' || text[at] === '\r') at++;
    if (at >= text.length) return { encrypted: false, tooLong: undefined };
    const newline = text.indexOf('\n', at);
    const stop = newline >= 0 ? newline : text.indexOf('\r', at);
    const next = stop >= 0 ? stop : text.length;
    if (text.slice(at, next).includes('/Encrypt ')) return { encrypted: true, tooLong: undefined };
    at = next;
  }
  return tooLong;
}

/**
 * How much a file looks like one that was made to do harm, from 0 to 1
 * (rspamd: lualib/lua_content/pdf.lua:processors.suspicious).
 */
export function suspicionOf(text: ByteString): number {
  const shells = countOf(text, /netsh(?=[\t-\r ])/g);
  const echoes = countOf(text, /echo(?=[\t-\r ])/g);
  let encoded = 0;
  let close = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const found of text.matchAll(/\/[A-Za-z]*#(\d\d)(?=[#A-Za-z<>/\t-\r ])/g)) {
    // Characters that cannot stand in a name have to be written so.
    const code = Number(found[1]);
    if (code < 0x21 || code >= 0x7f) continue;
    encoded++;
    const end = found.index + found[0].length;
    if (end - last < 8) close++;
    last = end;
  }
  let suspicion = shells * 0.5;
  if (encoded > 10) suspicion += encoded / 10;
  if (echoes > 1) suspicion += echoes / 2;
  if (close > 4 && encoded - close < 5) suspicion += 0.5;
  return Math.min(suspicion, 1);
}

function countOf(text: ByteString, pattern: RegExp): number {
  let count = 0;
  while (pattern.exec(text) !== null) count++;
  return count;
}
