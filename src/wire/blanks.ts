/**
 * A header value without the blanks and tabs at its ends. Not `trim()`: that takes 0xA0 for a blank too, which in a byte
 * string is the end of `à`; and not a regular expression: those take quadratic time on long runs of blanks.
 */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
