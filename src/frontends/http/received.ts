import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import type { Transport } from '../../message/scan.ts';

/** A message as a client sent it, before it is known where its bytes are. */
export interface Received {
  readonly transport: Transport;
  readonly target: string;
  /** The client's `Host`. */
  readonly upstream: string | undefined;
  readonly headers: ReadonlyHeaders;
  readonly body: Buffer;
}

/**
 * What ends here: the framing of this connection, its key, and names of shared memory, which only the proxy itself may
 * hand out (rspamd: src/rspamd_proxy.c:proxy_client_finish_handler, rspamd_http_connection_copy_msg). `Upgrade`, `TE`
 * and `Expect` are between this client and us as well (RFC 9110, 7.6.1); passed on, an Upgrade would make the scanner
 * judge an empty message.
 */
const endsHere = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'key',
  'shm',
  'shm-offset',
  'shm-length',
]);

/** What would have the answer to a legacy client in a form that cannot be translated for it. */
const notForLegacy = new Set([...endsHere, 'accept', 'accept-encoding']);

/** @param fields name, value, name, value … as received */
export function scanHeaders(fields: readonly string[], transport: Transport): Headers {
  const dropped = transport === 'http' ? endsHere : notForLegacy;
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (!dropped.has(name.toLowerCase())) kept.push(name, fields[at + 1] as string);
  }
  return new Headers(kept);
}
