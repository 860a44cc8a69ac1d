import { STATUS_CODES } from 'node:http';
import { HeaderNames } from '../../message/header-names.ts';
import type { ScanReply } from '../../message/scan.ts';
import { httpDate } from '../../wire/http/index.ts';

/** What a client is told when its message got no reply: a ScanError, or a fault of its request. */
export interface Failure {
  readonly status: number;
  readonly message: string;
}

export interface ReplyContext {
  readonly serverName: string;
  /** Whether the connection stays open. */
  readonly keep: boolean;
  /** The client asked for the head only. */
  readonly headOnly: boolean;
}

/** What of a reply is seen on the wire. */
export type WireParts = Pick<ScanReply, 'status' | 'reason' | 'headers' | 'body'>;

/** Fields that have a place of their own in the head. */
const written = new HeaderNames(['Content-Type', 'Date']);

/** Above this a body is not copied behind its head. */
const COPY_LIMIT = 256 * 1024;

/** The reply of a scanner; header order as in rspamd: src/libserver/http/http_connection.c. One or two pieces. */
export function httpReply(reply: WireParts, context: ReplyContext): Buffer[] {
  const { headers, body, status } = reply;
  const bodyless = status === 204 || status === 304;
  let head = startOf(status, reply.reason, headers.get('Date'), context);
  if (!bodyless) {
    head += `Content-Length: ${body.length}\r\nContent-Type: ${headers.get('Content-Type') ?? 'text/plain'}\r\n`;
  }
  const fields = headers.flat;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (!written.has(name)) head += `${name}: ${fields[at + 1]}\r\n`;
  }
  return joined(`${head}\r\n`, bodyless || context.headOnly ? undefined : body);
}

/** A failure as the scanners report theirs: JSON, and the text as reason phrase too. */
export function httpFailure(failure: Failure, context: ReplyContext): Buffer[] {
  const json = Buffer.from(JSON.stringify({ error: failure.message, error_domain: 'proxy-error' }));
  const reason = failure.message.replace(/[^\x20-\x7e]+/g, '?').slice(0, 200);
  const head = startOf(failure.status, reason, undefined, context);
  const fields = `Content-Length: ${json.length}\r\nContent-Type: application/json\r\n\r\n`;
  return joined(head + fields, context.headOnly ? undefined : json);
}

function startOf(status: number, reason: string, date: string | undefined, context: ReplyContext): string {
  return (
    `HTTP/1.1 ${status} ${reason === '' ? (STATUS_CODES[status] ?? 'Undefined Error') : reason}\r\n` +
    `Connection: ${context.keep ? 'keep-alive' : 'close'}\r\n` +
    `Server: ${context.serverName}\r\n` +
    `Date: ${date ?? httpDate()}\r\n`
  );
}

function joined(head: string, body: Buffer | undefined): Buffer[] {
  if (body === undefined || body.length === 0) return [Buffer.from(head, 'latin1')];
  if (body.length > COPY_LIMIT) return [Buffer.from(head, 'latin1'), body];
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  body.copy(bytes, head.length);
  return [bytes];
}
