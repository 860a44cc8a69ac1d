import { isUtf8 } from 'node:buffer';
import { type ByteString, has8Bit } from './bytes.ts';

export const replacementCharacter = '\xef\xbf\xbd';

/**
 * Reads one character of UTF-8 (RFC 3629).
 * @returns `codePoint * 8 + length`, or `-length` of what has to be skipped: the longest start of a character that the
 * bytes allow, at least one byte
 */
export function readUtf8(bytes: ByteString, at: number, end = bytes.length): number {
  const lead = bytes.charCodeAt(at);
  if (lead < 0x80) return lead * 8 + 1;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const second = at + 1 < end ? bytes.charCodeAt(at + 1) : 0;
  if ((second & 0xc0) !== 0x80) return -1;
  if (lead < 0xe0) return (((lead & 0x1f) << 6) | (second & 0x3f)) * 8 + 2;
  if (lead < 0xf0) {
    if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return -1;
    const third = at + 2 < end ? bytes.charCodeAt(at + 2) : 0;
    if ((third & 0xc0) !== 0x80) return -2;
    return (((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f)) * 8 + 3;
  }
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return -1;
  const third = at + 2 < end ? bytes.charCodeAt(at + 2) : 0;
  if ((third & 0xc0) !== 0x80) return -2;
  const fourth = at + 3 < end ? bytes.charCodeAt(at + 3) : 0;
  if ((fourth & 0xc0) !== 0x80) return -3;
  return (((lead & 0x07) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f)) * 8 + 4;
}

/** The UTF-8 form of a code point. */
export function writeUtf8(codePoint: number): ByteString {
  if (codePoint < 0x80) return String.fromCharCode(codePoint);
  if (codePoint < 0x800) return String.fromCharCode(0xc0 | (codePoint >> 6), 0x80 | (codePoint & 0x3f));
  if (codePoint < 0x10000) {
    return String.fromCharCode(0xe0 | (codePoint >> 12), 0x80 | ((codePoint >> 6) & 0x3f), 0x80 | (codePoint & 0x3f));
  }
  return String.fromCharCode(
    0xf0 | (codePoint >> 18),
    0x80 | ((codePoint >> 12) & 0x3f),
    0x80 | ((codePoint >> 6) & 0x3f),
    0x80 | (codePoint & 0x3f),
  );
}

export function isValidUtf8(bytes: ByteString): boolean {
  return !has8Bit(bytes) || isUtf8(Buffer.from(bytes, 'latin1'));
}

/** Offset of the first byte that belongs to no character, -1 where all do. */
export function utf8ErrorAt(bytes: ByteString, from = 0): number {
  for (let at = from; at < bytes.length; ) {
    const read = bytes.charCodeAt(at) < 0x80 ? 9 : readUtf8(bytes, at);
    if (read < 0) return at;
    at += read & 7;
  }
  return -1;
}

/**
 * Valid UTF-8: every byte that belongs to no character becomes `?`, a NUL behind such a byte too
 * (rspamd: src/libmime/mime_encoding.c:rspamd_mime_charset_utf_enforce).
 */
export function enforceUtf8(bytes: ByteString): ByteString {
  if (isValidUtf8(bytes)) return bytes;
  const out: ByteString[] = [];
  let at = 0;
  for (;;) {
    const wrong = utf8ErrorAt(bytes, at);
    if (wrong < 0) return out.join('') + bytes.slice(at);
    out.push(bytes.slice(at, wrong));
    at = wrong;
    let read = -1;
    while (at < bytes.length) {
      read = readUtf8(bytes, at);
      if (read >= 16) break; // a character other than NUL
      at += Math.abs(read) & 7;
    }
    out.push('?'.repeat(at - wrong));
  }
}

/** UTF-8 bytes as text; bytes that fit nothing become U+FFFD. */
export function toText(bytes: ByteString): string {
  return has8Bit(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

/** Text as UTF-8 bytes. */
export function fromText(text: string): ByteString {
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** Characters that show nothing (rspamd: src/libutil/str_util.h, IS_ZERO_WIDTH_SPACE). */
export function isZeroWidth(codePoint: number): boolean {
  return (
    codePoint === 0x200b || codePoint === 0x200c || codePoint === 0x200d || codePoint === 0xfeff || codePoint === 0xad
  );
}

/** UTF-8 with `A`–`Z` and the letters of other alphabets in lower case, as far as the length allows it. */
export function lowerUtf8(bytes: ByteString): ByteString {
  if (!has8Bit(bytes)) return bytes.toLowerCase();
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const read = readUtf8(bytes, at);
    const length = read < 0 ? -read : read & 7;
    const own = bytes.slice(at, at + length);
    const lower = read < 0 ? own : lowerOf(read >>> 3);
    out += lower.length <= length ? lower : own;
    at += length;
  }
  return out;
}

/** Simple lower case of one code point, as UTF-8. */
export function lowerOf(codePoint: number): ByteString {
  if (codePoint < 0x80) return String.fromCharCode(codePoint).toLowerCase();
  // U+0130 is the one letter whose full lower case has two characters; the simple one is an i.
  return codePoint === 0x130 ? 'i' : writeUtf8(String.fromCodePoint(codePoint).toLowerCase().codePointAt(0) as number);
}
