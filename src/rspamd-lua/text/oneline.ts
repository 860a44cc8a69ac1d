import { enforceUtf8 } from '../../scan/index.ts';

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13 && byte !== 11);

/** A text on one line: control bytes and line ends go (rspamd: src/lua/lua_text.c:lua_text_oneline). */
export function onOneLine(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const byte = text.charCodeAt(at);
    const isEnd = byte === 13 || byte === 10;
    if (byte === 32 || isEnd) {
      if (out !== '') {
        out += ' ';
        at++;
      }
      while (at < text.length && isSpace(text.charCodeAt(at))) at++;
      continue;
    }
    if (byte > 32 && byte !== 127) out += text[at];
    at++;
  }
  return enforceUtf8(out.replace(/[ \t\n\f\r]+$/, ''));
}

/** Set of bytes as `exclude_chars` writes it: `%s`, `%n`, `%c`, `%8`, `%%` or the bytes themselves. */
export function byteSet(pattern: string): (byte: number) => boolean {
  const set = new Set<number>();
  let [has8Bit, hasControls] = [false, false];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    const kind = char === '%' ? pattern[++i] : undefined;
    if (char !== '%') set.add(pattern.charCodeAt(i));
    else if (kind === undefined || kind === '%') set.add(0x25);
    else if (kind === 's') for (const byte of [9, 10, 12, 13, 32]) set.add(byte);
    else if (kind === 'n') for (const byte of [10, 13]) set.add(byte);
    else if (kind === '8') has8Bit = true;
    else if (kind === 'c') hasControls = true;
  }
  return (byte) => set.has(byte) || (has8Bit && byte >= 128) || (hasControls && (byte < 32 || byte === 127));
}
