import { type ByteString, isSpace, lowerAscii } from './bytes.ts';

/** A line that may be a boundary. */
export interface BoundaryLine {
  /** Offset of its two dashes: a part ends here. */
  readonly offset: number;
  /** Offset of what follows it: a part begins here. For a closing line that of the dashes at its end. */
  readonly start: number;
  /** What follows the dashes, lower case; without those at the end where it looks like a closing line. */
  text: ByteString;
  /** The same with the dashes at the end; undefined where there are none. */
  readonly closedText: ByteString | undefined;
  closes: boolean;
}

/** More lines than this are not looked at (rspamd: src/libmime/mime_parser.c). */
export const maxBoundaryLines = 100_000;

/**
 * All lines that begin with two dashes (rspamd: src/libmime/mime_parser.c:rspamd_mime_preprocess_cb).
 * @param room how many may still be taken
 * @returns the lines, and whether there were more
 */
export function findBoundaryLines(
  text: ByteString,
  from: number,
  room: number,
): readonly [BoundaryLine[], full: boolean] {
  const lines: BoundaryLine[] = [];
  const withCr = text.includes('\r--', from);
  for (let at = nextMark(text, from, withCr); at >= 0; at = nextMark(text, at + 1, withCr)) {
    const line = readLine(text, at + 3);
    if (line === undefined) continue;
    if (lines.length >= room) return [lines, true];
    lines.push(line);
  }
  return [lines, false];
}

function nextMark(text: ByteString, from: number, withCr: boolean): number {
  const lf = text.indexOf('\n--', from);
  if (!withCr) return lf;
  const cr = text.slice(from, lf < 0 ? undefined : lf).indexOf('\r--');
  return cr < 0 ? lf : from + cr;
}

function readLine(text: ByteString, from: number): BoundaryLine | undefined {
  const end = endOfLine(text, from);
  const length = end - from;
  if (length <= 0) return undefined;
  const closes = length > 2 && text.endsWith('--', end);
  const own = lowerAscii(text.slice(from, end));
  return {
    offset: from - 2,
    start: closes ? end - 2 : behindLine(text, end),
    text: closes ? own.slice(0, -2) : own,
    closedText: closes ? own : undefined,
    closes,
  };
}

function endOfLine(text: ByteString, from: number): number {
  const lf = text.indexOf('\n', from);
  const end = lf < 0 ? text.length : lf;
  const cr = text.slice(from, end).indexOf('\r');
  return cr < 0 ? end : from + cr;
}

function behindLine(text: ByteString, end: number): number {
  let at = end;
  while (at < text.length) {
    const byte = text.charCodeAt(at);
    if (byte === 0x0a) return at + 1;
    if (byte === 0x0d) return text.charCodeAt(at + 1) === 0x0a ? at + 2 : at + 1;
    if (!isSpace(byte)) return at;
    at++;
  }
  return at;
}
