import { malformed } from './errors.ts';

/** Start line and header fields of a message, as byte strings. */
export interface Head {
  readonly start: string;
  /** name, value, name, value …: spelling, order and repetitions as received, line folds replaced by one space. */
  readonly fields: string[];
}

const LF = 10;
const SPACE = 32;
const TAB = 9;
/** 1 for the characters of a header name (RFC 9110, 5.6.2). */
const tokenCharacters = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  tokenCharacters[character.charCodeAt(0)] = 1;
}

/**
 * The first head that is complete in `bytes`, its empty line included; undefined while there is none. Lines may end in
 * CR LF or in LF alone, as Rspamd takes them (rspamd: contrib/http-parser/http_parser.c).
 *
 * @param from where to begin; at least three bytes of what was searched before must be searched again
 */
export function headText(bytes: Buffer, from: number): string | undefined {
  const crlf = bytes.indexOf('\n\r\n', from, 'latin1');
  if (crlf >= 0) {
    const text = bytes.toString('latin1', 0, crlf + 3);
    const lf = text.indexOf('\n\n');
    return lf < 0 ? text : text.slice(0, lf + 2);
  }
  const lf = bytes.indexOf('\n\n', from, 'latin1');
  return lf < 0 ? undefined : bytes.toString('latin1', 0, lf + 2);
}

/** @param text a whole head, its empty line included */
export function parseHead(text: string): Head {
  if (text.includes('\0')) throw malformed('a NUL byte in the header');
  const fields: string[] = [];
  const first = endOfLine(text, 0);
  let at = text.indexOf('\n') + 1;
  for (let end = endOfLine(text, at); end > at; end = endOfLine(text, at)) {
    const code = text.charCodeAt(at);
    if (code === SPACE || code === TAB) continueField(fields, text.slice(skipBlanks(text, at), end));
    else addField(fields, text, at, end);
    at = text.charCodeAt(end) === LF ? end + 1 : end + 2;
  }
  return { start: text.slice(0, first), fields };
}

/** The index of the line end (CR LF or LF) that follows `at`. */
function endOfLine(text: string, at: number): number {
  const lf = text.indexOf('\n', at);
  const cr = text.indexOf('\r', at);
  if (cr === lf - 1 && cr >= 0) return cr;
  if (cr < 0 || cr > lf) return lf;
  throw malformed('a carriage return inside a header line');
}

function addField(fields: string[], text: string, at: number, end: number): void {
  const colon = text.indexOf(':', at);
  if (colon < 0 || colon > end) throw malformed(`a header line without a colon: ${excerpt(text.slice(at, end))}`);
  const name = text.slice(at, colon);
  if (!isToken(name)) throw malformed(`a bad header name: ${excerpt(name)}`);
  fields.push(name, text.slice(skipBlanks(text, colon + 1), end));
}

/** RFC 9112, 5.2: a fold stands for a space. (Rspamd glues the two lines together without one.) */
function continueField(fields: string[], more: string): void {
  if (fields.length === 0) throw malformed('a header that begins with a continuation line');
  fields[fields.length - 1] += ` ${more}`;
}

function isToken(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (tokenCharacters[name.charCodeAt(at)] !== 1) return false;
  return name !== '';
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) === SPACE || text.charCodeAt(next) === TAB) next++;
  return next;
}

/** A piece of what the other end sent, fit for an error text. */
export function excerpt(bytes: string): string {
  const printable = bytes.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
  return `"${printable}${bytes.length > 40 ? '…' : ''}"`;
}
