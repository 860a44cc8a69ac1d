import { type ByteString, isSpace } from './bytes.ts';

/** Where a header block ends: `headers` bytes belong to it, the body starts at `body`. */
export interface HeaderEnd {
  readonly headers: number;
  readonly body: number;
}

const CR = 0x0d;
const LF = 0x0a;

/**
 * Finds the empty line behind the headers, whatever the line ends, past lines of blanks only
 * (rspamd: src/libutil/str_util.c:rspamd_string_find_eoh).
 * @returns undefined where the text has no such line
 */
export function findEndOfHeaders(text: ByteString): HeaderEnd | undefined {
  const end = text.length;
  let at = 0;
  for (;;) {
    at = nextLineEnd(text, at);
    if (at < 0) return undefined;
    const found = afterLineEnd(text, at, end);
    if (typeof found === 'object') return found;
    at = found;
    if (at >= end) return undefined;
  }
}

function nextLineEnd(text: ByteString, from: number): number {
  const lf = text.indexOf('\n', from);
  // A carriage return counts by itself; looking for it only as far as the next line feed keeps this linear.
  for (let at = from; at < (lf < 0 ? text.length : lf); at++) if (text.charCodeAt(at) === CR) return at;
  return lf;
}

/**
 * Follows a run of line ends and blanks.
 * @returns the end of the headers, or the offset from which to search on
 */
function afterLineEnd(text: ByteString, start: number, end: number): HeaderEnd | number {
  let at = start + 1;
  let state: 'cr' | 'lf' | 'break' | 'break-cr' | 'blanks' = text.charCodeAt(start) === CR ? 'cr' : 'lf';
  let mark = at;
  while (at < end) {
    const byte = text.charCodeAt(at);
    switch (state) {
      case 'cr':
        if (byte === CR) {
          if (text.charCodeAt(at + 1) !== LF) return { headers: at, body: at + 1 };
          at++;
          state = 'lf';
          continue;
        }
        if (byte === LF) state = 'lf';
        else if (isSpace(byte)) state = 'blanks';
        else return at + 1;
        at++;
        break;
      case 'lf':
        if (byte === LF) return { headers: at, body: at + 1 };
        if (byte === CR) {
          state = 'break';
          continue;
        }
        if (!isSpace(byte)) return at + 1;
        at++;
        state = 'blanks';
        break;
      case 'break':
        mark = at++;
        state = 'break-cr';
        break;
      case 'break-cr':
        if (byte === LF) return { headers: mark, body: at + 1 };
        if (byte === CR) at++;
        else if (isSpace(byte)) {
          at++;
          state = 'blanks';
        } else return at + 1;
        break;
      case 'blanks': {
        const step = afterBlanks(text, at, end);
        if (typeof step === 'object') return step;
        if (step === undefined) return at + 1;
        state = step;
        at++;
        break;
      }
    }
  }
  return end;
}

/** One byte behind a line that began with blanks; undefined where the line has text. */
function afterBlanks(text: ByteString, at: number, end: number): 'cr' | 'lf' | 'blanks' | HeaderEnd | undefined {
  const byte = text.charCodeAt(at);
  if (byte === 0x20 || byte === 0x09) return 'blanks';
  const next = text.charCodeAt(at + 1);
  if (byte === CR) {
    if (end - at <= 2) return { headers: at, body: at + 1 };
    if (next === LF && isSpace(text.charCodeAt(at + 2))) return 'cr';
    return isSpace(next) ? 'blanks' : 'cr';
  }
  if (byte !== LF) return undefined;
  if (end - at <= 1) return { headers: at, body: at + 1 };
  return next === 0x20 || next === 0x09 ? 'blanks' : 'lf';
}
