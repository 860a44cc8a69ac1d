import { HeaderNames } from '../../message/header-names.ts';
import type { ReadonlyHeaders } from '../../message/headers.ts';
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
const ends = [
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

const answerForms = ['accept', 'accept-encoding'];

export const endsHere = new HeaderNames(ends);

/** For legacy clients, too: what would have the answer in a form that cannot be translated for them. */
export const endsHereForLegacy = new HeaderNames([...ends, ...answerForms]);

/**
 * The `User` of Exim's `spam = nobody` is one whose preferences count, not a sender who has logged in, of whom a scanner
 * thinks better.
 */
export const endsHereForReports = new HeaderNames([...ends, ...answerForms, 'user']);
