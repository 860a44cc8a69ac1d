/**
 * Readable text of a byte string. What is no valid UTF-8 becomes a lone surrogate `\udcXX` per byte, so that nothing is
 * lost: `bytes(text(x)) === x`.
 */
export function text(byteString: string): string {
  if (isAscii(byteString)) return byteString;
  let out = '';
  for (let at = 0; at < byteString.length; ) {
    const length = sequenceLength(byteString, at);
    if (byteString.charCodeAt(at) > 0xff) {
      // No byte at all: somebody's text has got in, and stays as it is.
      out += byteString.charAt(at);
      at++;
    } else if (length === 0) {
      out += String.fromCharCode(0xdc00 + byteString.charCodeAt(at));
      at++;
    } else {
      out += decode(byteString, at, length);
      at += length;
    }
  }
  return out;
}

/** The byte string of a text: its UTF-8, with lone surrogates `\udc80`–`\udcff` as the byte they stand for. */
export function bytes(readable: string): string {
  if (isAscii(readable)) return readable;
  let out = '';
  for (const char of readable) {
    const point = char.codePointAt(0) ?? 0;
    if (point >= 0xdc80 && point <= 0xdcff) out += String.fromCharCode(point - 0xdc00);
    else out += encode(point);
  }
  return out;
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return false;
  return true;
}

function continuation(value: string, at: number): number {
  const byte = value.charCodeAt(at);
  return byte >= 0x80 && byte <= 0xbf ? byte & 0x3f : -1;
}

/** Length of the well-formed UTF-8 sequence at `at` (no overlong form, no surrogate); 0 when there is none. */
function sequenceLength(value: string, at: number): number {
  const first = value.charCodeAt(at);
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) === 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  for (let i = 1; i < length; i++) if (continuation(value, at + i) < 0) return 0;
  const second = value.charCodeAt(at + 1);
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}

function decode(value: string, at: number, length: number): string {
  const first = value.charCodeAt(at);
  if (length === 1) return value.charAt(at);
  let point = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) point = (point << 6) | continuation(value, at + i);
  return String.fromCodePoint(point);
}

/** UTF-8 of a code point as a byte string; a surrogate is encoded like any other (three bytes). */
export function encode(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
  const tail = [0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)];
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), ...tail);
  return String.fromCharCode(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), ...tail);
}
