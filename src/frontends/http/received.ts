import { HeaderNames } from '../../message/header-names.ts';
import type { Headers, ReadonlyHeaders } from '../../message/headers.ts';
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
const endsHere = [
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
];

const dropped = new HeaderNames(endsHere);

/** What would have the answer to a legacy client in a form that cannot be translated for it. */
const droppedForLegacy = new HeaderNames([...endsHere, 'accept', 'accept-encoding']);

/** What describes the message, of all that a client sent. */
export function scanHeaders(headers: ReadonlyHeaders, transport: Transport): Headers {
  return headers.without(transport === 'http' ? dropped : droppedForLegacy);
}
