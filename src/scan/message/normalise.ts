import { type ByteString, has8Bit } from './bytes.ts';
import { fromText, readUtf8, toText } from './utf8.ts';

/** What the normal form of a text says about the text (rspamd: src/libutil/cxx/utf8_util.h). */
export interface Normalised {
  readonly bytes: ByteString;
  /** It was not in the normal form, or no UTF-8. */
  readonly changed: boolean;
  /** There were characters without width. */
  readonly zeroWidth: boolean;
  /** The normal form needs more bytes: it was cut off. */
  readonly cut: boolean;
}

/**
 * NFKC without characters that have no width (rspamd: rspamd_normalise_unicode_inplace).
 * @param bytes UTF-8; what is none becomes U+FFFD
 */
export function normalise(bytes: ByteString): Normalised {
  if (!has8Bit(bytes)) return { bytes, changed: false, zeroWidth: false, cut: false };
  const text = toText(bytes);
  const normal = text.normalize('NFKC');
  // U+0FEF stands in the original's list where U+FEFF was meant.
  const visible = normal.replace(/[\u200b\u200c\u0fef\u00ad]/g, '');
  const changed = normal !== text || mayCompose.test(text) || normal.includes('\ufffd');
  const zeroWidth = visible.length !== normal.length;
  if (!changed && !zeroWidth) return { bytes, changed, zeroWidth, cut: false };
  const whole = fromText(visible);
  if (whole.length <= bytes.length) return { bytes: whole, changed, zeroWidth, cut: false };
  return { bytes: wholeCharacters(whole, bytes.length), changed, zeroWidth, cut: true };
}

/** Characters that may merge with the one before them: the quick check cannot tell (Unicode: NFKC_QC=Maybe). */
const mayCompose =
  /[\u0300-\u0304\u0306-\u030c\u030f\u0311\u0313\u0314\u031b\u0323-\u0328\u032d\u032e\u0330\u0331\u0338\u0342\u0345\u0653-\u0655\u093c\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0c56\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dca\u0dcf\u0ddf\u102e\u1161-\u1175\u11a8-\u11c2\u1b35\u3099\u309a\u{110ba}\u{11127}\u{1133e}\u{11357}\u{114b0}\u{114ba}\u{114bd}\u{115af}\u{11930}]/u;

function wholeCharacters(bytes: ByteString, length: number): ByteString {
  let end = length;
  while (end > 0 && (bytes.charCodeAt(end) & 0xc0) === 0x80) end--;
  return bytes.slice(0, end);
}

/** Without blanks of any alphabet and characters without width at both ends. @param bytes UTF-8 */
export function trimUnicode(bytes: ByteString): ByteString {
  let start = 0;
  let end = bytes.length;
  for (let length = blankAt(bytes, start); length > 0; length = blankAt(bytes, start)) start += length;
  for (let length = blankBefore(bytes, end, start); length > 0; length = blankBefore(bytes, end, start)) end -= length;
  return bytes.slice(start, end);
}

/** @returns bytes of the blank at that offset, 0 where there is none */
function blankAt(bytes: ByteString, at: number): number {
  if (at >= bytes.length) return 0;
  const read = readUtf8(bytes, at);
  return read > 0 && isBlank(read >>> 3) ? read & 7 : 0;
}

function blankBefore(bytes: ByteString, end: number, start: number): number {
  for (let at = end - 1; at >= start && at >= end - 3; at--) {
    if ((bytes.charCodeAt(at) & 0xc0) !== 0x80) return blankAt(bytes, at) === end - at ? end - at : 0;
  }
  return 0;
}

function isBlank(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint === 0x20 || (codePoint >= 0x09 && codePoint <= 0x0d);
  return /^[\p{White_Space}\u200b-\u200d\ufeff\u00ad]$/u.test(String.fromCodePoint(codePoint));
}
