/** Character classes of the lexer, by byte. */
const IDENT = 1;
const DIGIT = 2;
const HEX = 4;
const SPACE = 8;

const classes = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  const char = String.fromCharCode(c);
  if (/[A-Za-z0-9_]/.test(char) || c >= 128) classes[c] = IDENT;
  if (/[0-9]/.test(char)) classes[c] = IDENT | DIGIT;
  if (/[0-9A-Fa-f]/.test(char)) classes[c] = (classes[c] ?? 0) | HEX;
  if (/[\t-\r ]/.test(char)) classes[c] = SPACE;
}

// a NaN or a code past the table (the end of the text) indexes to undefined, which `&` turns into 0
const classOf = (c: number): number => classes[c] as number;

export const isIdent = (c: number): boolean => (classOf(c) & IDENT) !== 0;
export const isDigit = (c: number): boolean => (classOf(c) & DIGIT) !== 0;
export const isHex = (c: number): boolean => (classOf(c) & HEX) !== 0;
export const isSpace = (c: number): boolean => (classOf(c) & SPACE) !== 0;
