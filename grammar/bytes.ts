/** Classes of bytes (rspamd: contrib/libucl/ucl_chartable.h). One byte may be in several. */
export const BLANK = 1;
export const SPACE = 2;
export const KEY_START = 4;
export const KEY = 8;
export const KEY_END = 16;
export const VALUE_END = 32;
export const NUMBER_START = 64;

const classes = new Uint8Array(256);

function mark(bytes: string, flags: number): void {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    classes[byte] = (classes[byte] ?? 0) | flags;
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const high = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => i + 128));
mark(' \t', BLANK | SPACE | KEY_END);
mark('\n\v\f\r', SPACE);
mark(`${letters}0123456789_/${high}`, KEY_START | KEY);
mark('-.', KEY);
mark(':=', KEY_END);
mark('\0\n\r#,;]}', VALUE_END);
mark('0123456789-', NUMBER_START);

/** Whether the byte at `offset` is in one of the classes; false beyond the end. */
export function isByte(text: string, offset: number, flags: number): boolean {
  return ((classes[text.charCodeAt(offset)] ?? 0) & flags) !== 0;
}

/** The first offset from `from` on whose byte is in none of the classes. */
export function skipBytes(text: string, from: number, flags: number): number {
  let at = from;
  while (isByte(text, at, flags)) at++;
  return at;
}

/** Every byte, as a hint for the lexer's first-character table. */
export const anyByte: readonly number[] = Array.from({ length: 256 }, (_, i) => i);
