import { connect, type Socket } from 'node:net';
import type { Deadlines } from '../../message/deadlines.ts';
import { ScanError } from '../../message/errors.ts';
import { formatPeer, type Peer } from '../../message/peer.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
import type { WireReply } from './reply.ts';

export interface PoolOptions {
  /** Ask for connections to be left open, and use them again (`keepalive`). */
  readonly keepAlive?: boolean | undefined;
  /** Bytes of a reply's body. */
  readonly maxReply: number;
  readonly deadlines: Deadlines;
  /** Opens a connection; plain TCP or a unix socket where it is left out. */
  readonly open?: OpenSocket | undefined;
}

/** @param received to be called with what comes in; the bytes are its own from then on */
export type OpenSocket = (endpoint: Peer, received: (chunk: Buffer) => void) => Socket;

/** How long a connection may rest unused, in milliseconds (rspamd: src/libserver/http/http_context.c). */
const REST = 65_000;
/** Up to this a body is copied behind its head and sent in one write. */
const COPY_LIMIT = 64 * 1024;

/** Connections to the hosts of an upstream, HTTP/1.1 over sockets of our own. */
export class ConnectionPool implements Connections {
  readonly #options: PoolOptions;
  readonly #hosts = new Map<string, HostConnections>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  exchange(endpoint: Peer, request: WireRequest, limits: ExchangeLimits): Promise<WireReply> {
    const pieces = requestBytes(request, this.#options.keepAlive === true);
    const host = this.#host(endpoint);
    return new Promise((resolve, reject) => {
      if (limits.signal.aborted) reject(new ScanError('CANCELLED'));
      else if (limits.until <= performance.now()) reject(new ScanError('UPSTREAM_TIMEOUT'));
      else host.send(pieces, limits, resolve, reject);
    });
  }

  async close(): Promise<void> {
    for (const host of this.#hosts.values()) host.close();
  }

  #host(endpoint: Peer): HostConnections {
    const key = formatPeer(endpoint);
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new HostConnections(endpoint, this.#options, () => this.#hosts.delete(key));
      this.#hosts.set(key, host);
    }
    return host;
  }
}

/** The connections to one address. */
class HostConnections implements ConnectionOwner {
  readonly #endpoint: Peer;
  readonly #options: PoolOptions;
  /** Called when the last connection is closed: addresses come and go. */
  readonly #empty: () => void;
  readonly #all = new Set<Connection>();
  /** The one that rested least is the last, and the next to be used. */
  readonly #resting: Connection[] = [];

  constructor(endpoint: Peer, options: PoolOptions, empty: () => void) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#empty = empty;
  }

  send(
    pieces: readonly Buffer[],
    limits: ExchangeLimits,
    resolve: (reply: WireReply) => void,
    reject: (error: ScanError) => void,
  ): void {
    const connection = this.#resting.pop() ?? this.#open();
    connection.send(pieces, limits, {
      resolve,
      reject: (error, unused) => {
        // The scanner closed a resting connection as we took it; that says nothing about the scanner.
        if (unused) this.send(pieces, limits, resolve, reject);
        else reject(error);
      },
    });
  }

  free(connection: Connection, restFor: number): void {
    if (this.#options.keepAlive !== true) {
      connection.destroy();
      return;
    }
    connection.deadline = performance.now() + Math.min(restFor, REST);
    this.#resting.push(connection);
  }

  gone(connection: Connection): void {
    this.#options.deadlines.delete(connection);
    this.#all.delete(connection);
    const at = this.#resting.indexOf(connection);
    if (at >= 0) this.#resting.splice(at, 1);
    if (this.#all.size === 0) this.#empty();
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #open(): Connection {
    const { deadlines, maxReply, open = openSocket } = this.#options;
    const connection = new Connection((received) => open(this.#endpoint, received), maxReply, this);
    this.#all.add(connection);
    deadlines.add(connection);
    return connection;
  }
}

/** What the system reads into: nothing of it is kept when the next reading begins, whatever the connection. */
const arrivals = Buffer.allocUnsafeSlow(64 * 1024);

/** Reads into one buffer for all: without it each reading costs an allocation of 64 KiB and a pass through a stream. */
function openSocket(endpoint: Peer, received: (chunk: Buffer) => void): Socket {
  const onread = {
    buffer: arrivals,
    callback: (count: number): boolean => {
      received(Buffer.from(arrivals.subarray(0, count)));
      return true;
    },
  };
  if (endpoint.kind === 'unix') return connect({ path: endpoint.path, onread });
  return connect({ host: endpoint.address, port: endpoint.port, noDelay: true, onread });
}

/** The bytes of a request: always POST and with a length, as Rspamd sends a message that is not in shared memory. */
function requestBytes({ target, host, fields, body }: WireRequest, keepAlive: boolean): Buffer[] {
  let head =
    `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n` +
    `Content-Length: ${body.length}\r\n`;
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  head += '\r\n';
  if (body.length > COPY_LIMIT) return [Buffer.from(head, 'latin1'), body];
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  body.copy(bytes, head.length);
  return [bytes];
}
