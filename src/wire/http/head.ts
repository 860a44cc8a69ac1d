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
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Where the first head that is complete in `bytes` ends: the index behind its empty line, -1 while there is none.
 * Lines may end in CR LF or in LF alone, as Rspamd takes them (rspamd: contrib/http-parser/http_parser.c).
 *
 * @param from where to begin; at least three bytes of what was searched before must be searched again
 */
export function headEnd(bytes: Buffer, from: number): number {
  const crlf = bytes.indexOf('\n\r\n', from, 'latin1');
  const searched = crlf < 0 ? bytes : bytes.subarray(0, crlf + 1);
  const lf = searched.indexOf('\n\n', from, 'latin1');
  if (lf >= 0) return lf + 2;
  return crlf < 0 ? -1 : crlf + 3;
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
  if (!token.test(name)) throw malformed(`a bad header name: ${excerpt(name)}`);
  fields.push(name, text.slice(skipBlanks(text, colon + 1), end));
}

/** RFC 9112, 5.2: a fold stands for a space. (Rspamd glues the two lines together without one.) */
function continueField(fields: string[], more: string): void {
  if (fields.length === 0) throw malformed('a header that begins with a continuation line');
  fields[fields.length - 1] += ` ${more}`;
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
