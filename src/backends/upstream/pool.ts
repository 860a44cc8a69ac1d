import type { Socket } from 'node:net';
import type { Deadlines } from '../../message/deadlines.ts';
import { ScanError } from '../../message/errors.ts';
import { formatPeer, type Peer } from '../../message/peer.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
import { type Host, type Opener, plainOpener } from './opener.ts';
import type { WireReply } from './reply.ts';
import { type StageLimits, usefulLimits } from './stages.ts';

export interface PoolOptions {
  /** Ask for connections to be left open, and use them again (`keepalive`). */
  readonly keepAlive?: boolean | undefined;
  readonly rest?: RestRules | undefined;
  /** Bytes of a reply's body. */
  readonly maxReply: number;
  readonly deadlines: Deadlines;
  /** Plain connections where it is left out. */
  readonly opener?: Opener | undefined;
  readonly stages?: StageLimits | undefined;
}

/** How long connections are kept that nobody uses. Times in milliseconds; 0 stands for no limit. */
export interface RestRules {
  /** For one rest. */
  readonly idle: number;
  /** Resting connections to one address; when there are more, the one goes that has rested longest, or least. */
  readonly most: number;
  readonly evict: 'oldest' | 'newest';
  /** From opening on. */
  readonly life: number;
  /** Requests on one connection. */
  readonly uses: number;
}

/** rspamd: src/libserver/http/http_context.c:rspamd_http_context_create */
const usualRest: RestRules = { idle: 65_000, most: 0, evict: 'oldest', life: 0, uses: 0 };

/** Up to this a body is copied behind its head and sent in one write. */
const COPY_LIMIT = 64 * 1024;

/** Closed connections to one address that are kept to be opened again. */
const MAX_CLOSED = 64;

/** Connections to the hosts of an upstream, HTTP/1.1 over sockets of our own. */
export class ConnectionPool implements Connections {
  readonly #options: HostOptions;
  readonly #hosts = new Map<string, HostConnections>();

  constructor(options: PoolOptions) {
    const { keepAlive, rest = usualRest, maxReply, deadlines, opener = plainOpener } = options;
    const stages = usefulLimits(options.stages);
    this.#options = { rest: keepAlive === true ? rest : undefined, maxReply, deadlines, opener, stages };
  }

  exchange(endpoint: Peer, request: WireRequest, limits: ExchangeLimits): Promise<WireReply> {
    const pieces = requestBytes(request, this.#options.rest !== undefined);
    const host = this.#host(endpoint, request.serverName);
    return new Promise((resolve, reject) => {
      if (limits.signal.aborted) reject(new ScanError('CANCELLED'));
      else if (limits.until <= performance.now()) reject(new ScanError('UPSTREAM_TIMEOUT'));
      else host.send(pieces, limits, resolve, reject);
    });
  }

  async close(): Promise<void> {
    for (const host of this.#hosts.values()) host.close();
  }

  /** A connection that was secured for one name is not used for another one at the same address. */
  #host(endpoint: Peer, serverName: string | undefined): HostConnections {
    const { opener } = this.#options;
    const name = opener.tls ? serverName : undefined;
    const key = name === undefined ? formatPeer(endpoint) : `${formatPeer(endpoint)} ${name}`;
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new HostConnections({ endpoint, name }, this.#options, () => this.#hosts.delete(key));
      this.#hosts.set(key, host);
    }
    return host;
  }
}

interface HostOptions {
  /** Undefined where each connection carries one request. */
  readonly rest: RestRules | undefined;
  readonly maxReply: number;
  readonly deadlines: Deadlines;
  readonly opener: Opener;
  readonly stages: StageLimits | undefined;
}

/** The connections to one address. */
class HostConnections implements ConnectionOwner {
  readonly #host: Host;
  readonly #options: HostOptions;
  /** Called when the last connection is closed: addresses come and go. */
  readonly #empty: () => void;
  readonly #all = new Set<Connection>();
  /** The one that rested least is the last, and the next to be used. */
  readonly #resting: Connection[] = [];
  /** Closed ones that can be opened again. */
  readonly #closed: Connection[] = [];

  constructor(host: Host, options: HostOptions, empty: () => void) {
    this.#host = host;
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
    const { rest } = this.#options;
    if (rest === undefined || (rest.uses > 0 && connection.uses >= rest.uses)) {
      connection.destroy();
      return;
    }
    const now = performance.now();
    const end = rest.life > 0 ? connection.opened + rest.life : Number.POSITIVE_INFINITY;
    connection.deadline = Math.min(now + Math.min(restFor, rest.idle), end);
    this.#resting.push(connection);
    if (rest.most === 0 || this.#resting.length <= rest.most) return;
    const evicted = rest.evict === 'oldest' ? this.#resting.shift() : this.#resting.pop();
    evicted?.destroy();
  }

  gone(connection: Connection): void {
    this.#options.deadlines.delete(connection);
    this.#all.delete(connection);
    const at = this.#resting.indexOf(connection);
    if (at >= 0) this.#resting.splice(at, 1);
    if (connection.reopens && this.#closed.length < MAX_CLOSED) this.#closed.push(connection);
    if (this.#all.size === 0) this.#empty();
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #open(): Connection {
    const connection = this.#closed.pop();
    connection?.reopen();
    const opened = connection ?? this.#make();
    this.#all.add(opened);
    this.#options.deadlines.add(opened);
    return opened;
  }

  #make(): Connection {
    const { maxReply, opener, stages } = this.#options;
    const { reopen, tls } = opener;
    const again = reopen && ((socket: Socket) => reopen(this.#host, socket));
    const open = (received: (chunk: Buffer) => void) => opener.open(this.#host, received);
    return new Connection({ open, reopen: again, tls, maxReply, stages }, this);
  }
}

/** The bytes of a request, always with a length. */
function requestBytes({ method, target, host, fields, body }: WireRequest, keepAlive: boolean): Buffer[] {
  let head =
    `${method ?? 'POST'} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n` +
    `Content-Length: ${body.length}\r\n`;
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  head += '\r\n';
  if (body.length > COPY_LIMIT) return [Buffer.from(head, 'latin1'), body];
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  body.copy(bytes, head.length);
  return [bytes];
}
