/** Characters of an encoded word without its frame `=?UTF-8?Q?…?=`. */
const roomOfWord = 76 - 12;

const isAlnum = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t';

/** Room that a byte takes in an encoded word. */
const roomOf = (byte: number): number => (isAlnum(byte) || byte === 32 ? 1 : 3);

/**
 * The value of a header field with encoded words where it needs them (rspamd: src/libmime/mime_headers.c:
 * rspamd_mime_header_encode).
 * @param isStructured whether everything but letters and digits is encoded
 */
export function encodeHeader(value: string, isStructured: boolean): string {
  const needs = (byte: number): boolean => byte >= 128 || (isStructured && !isAlnum(byte));
  let out = '';
  let at = 0;
  while (at < value.length) {
    const start = at;
    while (isBlank(value[at])) at++;
    const blanks = inOrder(value.slice(start, at));
    if (at >= value.length) break; // blanks at the end are lost
    const char = value[at] as string;
    if (/[\r\n()]/.test(char)) {
      out += blanks + char;
      at++;
      continue;
    }
    const takesBlanks = needs(value.charCodeAt(at)) && blanks !== '';
    const { prefix, length } = piece(value, at, needs, takesBlanks ? roomOfBlanks(blanks) : 0, isStructured);
    if (length === 0) {
      out += blanks + value.slice(at, at + prefix);
      at += prefix;
      continue;
    }
    if (!takesBlanks) out += blanks;
    out += value.slice(at, at + prefix);
    at += prefix;
    out += `=?UTF-8?Q?${takesBlanks ? encodedBlanks(blanks) : ''}${encoded(value.slice(at, at + length))}?=`;
    at += length;
  }
  return out;
}

/** Blanks first, tabs behind them. */
const inOrder = (blanks: string): string => blanks.replaceAll('\t', '') + blanks.replaceAll(' ', '');
const encodedBlanks = (blanks: string): string => blanks.replaceAll(' ', '_').replaceAll('\t', '=09');
const roomOfBlanks = (blanks: string): number => encodedBlanks(blanks).length;

function encoded(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9]/gs, (char) =>
    char === ' ' ? '_' : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** How much of the value goes out as it is, and how much behind that goes into one encoded word. */
function piece(
  value: string,
  at: number,
  needs: (byte: number) => boolean,
  room: number,
  isStructured: boolean,
): { readonly prefix: number; readonly length: number } {
  let prefix = 0;
  while (at + prefix < value.length && !needs(value.charCodeAt(at + prefix))) prefix++;
  const first = at + prefix;
  if (first >= value.length) return { prefix, length: 0 };
  let used = room + roomOf(value.charCodeAt(first));
  if (used > roomOfWord) return { prefix, length: 0 };
  let lastStart = first;
  let end = first + 1;
  for (; end < value.length; end++) {
    const byte = value.charCodeAt(end);
    const isStart = byte < 0x80 || byte >= 0xc0;
    if (isStart) lastStart = end;
    if (/[() \t]/.test(value[end] as string)) break;
    if (!isStructured && byte < 128 && !isAlnum(byte) && !leadsOn(value, end)) break;
    used += roomOf(byte);
    if (used > roomOfWord) return { prefix, length: (isStart ? end : lastStart) - first };
  }
  return { prefix, length: end - first };
}

/** Whether there is something to encode behind a character before the next blank. */
function leadsOn(value: string, at: number): boolean {
  return /^[^ \t\n\f\r()\x80-\xff]*[\x80-\xff]/.test(value.slice(at + 1));
}
