/**
 * Base 64 in lines, each full one with its end (rspamd: src/libutil/str_util.c:rspamd_encode_base64_common).
 * @param width characters of a line; 0 for one line
 */
export function toBase64(bytes: string, width: number, end: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('base64');
  if (width <= 0) return text;
  let lines = '';
  for (let at = 0; at < text.length; at += width) {
    const line = text.slice(at, at + width);
    // a single padding is not moved to a line of its own
    if (line === '=' && !text.endsWith('==') && at > 0) return `${lines.slice(0, -end.length)}=${end}`;
    lines += line.length === width ? line + end : line;
  }
  return lines;
}
