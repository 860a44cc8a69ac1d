import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import { trimBlanks } from '../blanks.ts';
import { bodyOverhead } from './box.ts';
import { CryptError } from './errors.ts';

/** Start line and headers together, as everywhere in Rspamd (rspamd: contrib/http-parser/http_parser.h:HTTP_MAX_HEADER_SIZE). */
const maxHeadBytes = 81_920;

export interface InnerRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyHeaders;
  readonly body: Buffer;
}

export interface InnerReply {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyHeaders;
  readonly body: Buffer;
}

/** @throws CryptError `inner` */
export function parseRequest(bytes: Buffer): InnerRequest {
  const { startLine, headers, body } = parseMessage(bytes);
  const [, method, target] = /^([A-Z-]{1,20}) ([/*A-Za-z][\x21-\x7e\x80-\xff]*) HTTP\/1\.[01]$/.exec(startLine) ?? [];
  if (method === undefined || target === undefined) throw new CryptError('inner', 'bad request line');
  return { method, target, headers, body };
}

/** @throws CryptError `inner` */
export function parseReply(bytes: Buffer): InnerReply {
  const { startLine, headers, body } = parseMessage(bytes);
  const [, status, reason = ''] = /^HTTP\/1\.[01] ([1-9]\d\d)(?: (.*))?$/.exec(startLine) ?? [];
  if (status === undefined) throw new CryptError('inner', 'bad status line');
  return { status: Number(status), reason, headers, body };
}

interface Message {
  readonly startLine: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * HTTP/1 as it is written by programs: CRLF line ends, no folded lines, no blanks in or after a name. Rspamd's own
 * parser takes more; what it never sends is refused here.
 */
function parseMessage(bytes: Buffer): Message {
  const end = bytes.subarray(0, maxHeadBytes + 4).indexOf('\r\n\r\n');
  if (end < 0) throw new CryptError('inner', `no end of the headers within ${maxHeadBytes} bytes`);
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  if (unprintable.test(startLine)) throw new CryptError('inner', 'control character in the start line');
  const headers = new Headers(lines.flatMap(parseField));
  return { startLine, headers, body: takeBody(bytes.subarray(end + 4), headers) };
}

const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)$/;
const unprintable = /[^\t\x20-\x7e\x80-\xff]/;

function parseField(line: string): [name: string, value: string] {
  const [, name, value] = unprintable.test(line) ? [] : (field.exec(line) ?? []);
  if (name === undefined || value === undefined) throw new CryptError('inner', 'bad header line');
  return [name, trimBlanks(value)];
}

/**
 * A body needs a Content-Length and may be shorter than it says, never longer (rspamd: http_connection.c, whose parser
 * takes what it was given as the whole message).
 */
function takeBody(body: Buffer, headers: Headers): Buffer {
  if (headers.has('Transfer-Encoding')) throw new CryptError('inner', 'Transfer-Encoding cannot be used inside');
  const [length, ...more] = headers.getAll('Content-Length');
  if (length === undefined) {
    if (body.length > 0) throw new CryptError('inner', 'a body without Content-Length');
    return body;
  }
  if (!/^\d{1,15}$/.test(length) || more.some((other) => other !== length)) {
    throw new CryptError('inner', 'bad Content-Length');
  }
  if (body.length > Number(length)) throw new CryptError('inner', 'the body is longer than Content-Length');
  return body;
}

/**
 * The frame of a message: 40 free bytes for nonce and MAC, then start line, Content-Length, the given headers but those
 * of framing, blank line, body.
 *
 * @throws CryptError `inner` where a header or the start line would break the message
 */
export function frameMessage(startLine: string, headers: ReadonlyHeaders, body: Buffer, withLength: boolean): Buffer {
  if (unprintable.test(startLine)) throw new CryptError('inner', 'control character in the start line');
  let head = `${startLine}\r\n`;
  if (withLength) head += `Content-Length: ${body.length}\r\n`;
  for (const [name, value] of headers) {
    if (framing.has(name.toLowerCase())) continue;
    const line = `${name}: ${value}`;
    if (unprintable.test(line) || !field.test(line))
      throw new CryptError('inner', `bad header ${JSON.stringify(name)}`);
    head += `${line}\r\n`;
  }
  head += '\r\n';
  const frame = Buffer.allocUnsafe(bodyOverhead + head.length + body.length);
  frame.write(head, bodyOverhead, 'latin1');
  frame.set(body, bodyOverhead + head.length);
  return frame;
}

const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);
