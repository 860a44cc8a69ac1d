/** RFC 5322 section 2.1.1: the longest line without its CRLF. MTAs break longer ones, which breaks signatures. */
const longestLine = 998;

/** A name that can stand before a colon (RFC 5322 section 3.6.8). */
export function isHeaderName(name: string): boolean {
  return /^[!-9;-~]+$/.test(name);
}

/**
 * A header value, a byte string, as milter packets carry it: lines end with LF alone and every further line begins with white space, so
 * that a value can never end its header; NUL is dropped; lines that no MTA could send are folded.
 */
export function headerValue(name: string, value: string): string {
  const clean = awkward.test(value) ? cleaned(value) : value;
  return name.length + 2 + clean.length > longestLine ? folded(name, clean) : clean;
}

const awkward = /[\0\r\n]/;

function cleaned(value: string): string {
  return value
    .replaceAll('\0', '')
    .replace(/\r\n?/g, '\n')
    .replace(/\n(?:[ \t]*\n)+/g, '\n')
    .replace(/\n[ \t]*$/, '')
    .replace(/\n(?![ \t])/g, '\n\t');
}

function folded(name: string, value: string): string {
  const lines = value.split('\n');
  return lines.map((line, at) => foldedLine(line, longestLine - (at === 0 ? name.length + 2 : 0))).join('\n');
}

function foldedLine(line: string, firstRoom: number): string {
  const pieces: string[] = [];
  let rest = line;
  for (let room = firstRoom; rest.length > room; room = longestLine) {
    const end = foldingPoint(rest, room);
    if (end === undefined) return [...pieces, ...splitWord(rest)].join('\n');
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest].join('\n');
}

/** Before white space with text on both sides: the last such place that leaves a line which fits, or else the first. */
function foldingPoint(line: string, room: number): number | undefined {
  let last = line.length;
  while (last > 0 && isBlank(line, last - 1)) last--;
  const first = line.search(/[^ \t]/);
  for (let at = Math.min(room, last - 1); at > first; at--) if (isBlank(line, at)) return at;
  for (let at = Math.max(room, first) + 1; at < last; at++) if (isBlank(line, at)) return at;
  return undefined;
}

function isBlank(line: string, at: number): boolean {
  return line[at] === ' ' || line[at] === '\t';
}

/**
 * One overlong encoded word, such as the scanner makes of a long subject, as several (RFC 2047 section 2); any other
 * overlong word stays as it is.
 */
function splitWord(line: string): string[] {
  const word = /^([ \t]*)=\?utf-8\?q\?([^?]*)\?=([ \t]*)$/i.exec(line);
  if (word === null) return [line];
  const [, indent = '', text = ''] = word;
  return encodedPieces(text).map((piece, at) => `${at === 0 ? indent : ' '}=?UTF-8?Q?${piece}?=`);
}

/** An encoded word has at most 75 bytes; this is what charset and delimiters leave. */
const encodedTextBytes = 75 - '=?UTF-8?Q??='.length;

/** Cuts Q-encoded text into pieces of whole characters. */
function encodedPieces(text: string): string[] {
  const characters = text.match(/=[0-9A-F]{2}(?:=[89AB][0-9A-F])*|[\0-\xff]/gi) ?? [];
  const pieces: string[] = [];
  let piece = '';
  for (const character of characters) {
    if (piece.length + character.length > encodedTextBytes) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}
