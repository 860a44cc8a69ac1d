/** Undefined where the text is not in that form (rspamd: src/libutil/str_util.c:rspamd_decode_ascii85_buf). */
export function fromAscii85(text: string): string | undefined {
  const out: number[] = [];
  let group = 0;
  let count = 0;
  const take = (bytes: number): void => {
    for (let i = 0; i < bytes; i++) out.push((group >>> (24 - 8 * i)) & 0xff);
    group = 0;
    count = 0;
  };
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x20 || byte === 9 || byte === 10 || byte === 13 || byte === 12) continue;
    if (byte === 0x7e) {
      if (at + 1 >= text.length || text[at + 1] === '>') break;
      return undefined;
    }
    if (byte === 0x7a) {
      if (count !== 0) return undefined;
      out.push(0, 0, 0, 0);
      continue;
    }
    if (byte < 0x21 || byte > 0x75) return undefined;
    group = (Math.imul(group, 85) + byte - 0x21) | 0;
    if (++count === 5) take(4);
  }
  if (count > 0) {
    const left = count;
    for (let i = count; i < 5; i++) group = (Math.imul(group, 85) + 84) | 0;
    take(left - 1);
  }
  return Buffer.from(out).toString('latin1');
}
