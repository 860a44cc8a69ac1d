import type { Peer } from '../../message/peer.ts';
import type { ScanRequest } from '../../message/scan.ts';
import type { WireReply } from './reply.ts';

/** A request as it goes to one host. Strings are byte strings. */
export interface WireRequest {
  /** POST where it is left out, as Rspamd sends a message that is not in shared memory. */
  readonly method?: 'GET' | undefined;
  readonly target: string;
  /** Value of the `Host` header: the symbolic name of the upstream's host. */
  readonly host: string;
  /** What the host's certificate must be valid for, where there is one: name or address without port. */
  readonly serverName?: string | undefined;
  /** name, value, name, value …; all but Host, Connection and Content-Length. */
  readonly fields: readonly string[];
  readonly body: Buffer;
}

export interface ExchangeLimits {
  /** When the whole exchange must be over, in milliseconds of `performance.now()`. */
  readonly until: number;
  readonly signal: ScanRequest['signal'];
}

/** Connections to the hosts of one upstream: sends a request, gives the complete reply. */
export interface Connections {
  /** Rejects with a ScanError; whatever the host does, no longer than `until`. */
  exchange(endpoint: Peer, request: WireRequest, limits: ExchangeLimits): Promise<WireReply>;
  /** Ends all connections, those in use too. */
  close(): Promise<void>;
}
