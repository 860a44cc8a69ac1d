import { type ByteString, hexValue } from './bytes.ts';

/** `%XX` and `+` as in the query of a URL; what is no escape loses its mark (rspamd: src/libserver/url.c:rspamd_url_decode). */
export function decodePercent(text: ByteString): ByteString {
  if (!/[%+]/.test(text)) return text;
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (c === '+') {
      out += ' ';
    } else if (c !== '%') {
      out += c;
    } else if (at + 1 < text.length) {
      const high = hexValue(text.charCodeAt(++at));
      if (high < 0) {
        out += text[at];
      } else if (at + 1 < text.length) {
        const low = hexValue(text.charCodeAt(++at));
        if (low >= 0) out += String.fromCharCode(high * 16 + low);
      }
    }
  }
  return out;
}
