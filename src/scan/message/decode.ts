/**
 * A header value as people read it: unfolded, RFC 2047 words decoded, UTF-8; bytes that fit nothing become U+FFFD.
 * @param raw byte string as it stands after the colon
 */
export function decodeHeader(raw: string): string {
  const unfolded = raw
    .replace(/\r\n?|\n/g, '\n')
    .replace(/\n[ \t]+/g, ' ')
    .trim();
  // Blanks between two encoded words are part of neither (RFC 2047, 6.2).
  const joined = unfolded.replace(/(\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, '$1');
  let out = '';
  let last = 0;
  for (const match of joined.matchAll(/=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi)) {
    const [word, charset = '', encoding = '', text = ''] = match;
    const decoded = decodeWord(charset, encoding.toLowerCase(), text);
    out += plainText(joined.slice(last, match.index)) + (decoded ?? word);
    last = match.index + word.length;
  }
  return out + plainText(joined.slice(last));
}

function plainText(bytes: string): string {
  return /^[\0-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

function decodeWord(charset: string, encoding: string, text: string): string | undefined {
  const bytes = encoding === 'b' ? Buffer.from(text, 'base64') : decodeQ(text);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return undefined; // a charset that nobody knows: the word stays as it is
  }
}

function decodeQ(text: string): Buffer {
  const bytes = text
    .replace(/_/g, ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}
