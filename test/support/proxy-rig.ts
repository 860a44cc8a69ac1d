import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import {
  ConnectionPool,
  type Connections,
  type RequestRules,
  RequestWriter,
  UpstreamBackend,
} from '../../src/backends/upstream/index.ts';
import { HttpFrontend, type HttpOptions } from '../../src/frontends/http/index.ts';
import { Deadlines } from '../../src/message/deadlines.ts';
import type { Logger } from '../../src/message/log.ts';
import type { Peer } from '../../src/message/peer.ts';
import { Pipeline } from '../../src/proxy/index.ts';
import { createLookup, limitsOf, parseHosts, UpstreamGroup } from '../../src/upstreams/index.ts';

export interface RigUpstream extends Partial<RequestRules> {
  readonly name?: string;
  readonly hosts: string;
  readonly default?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly keepAlive?: boolean;
}

export interface RigOptions extends Partial<Omit<HttpOptions, 'scan' | 'logger' | 'deadlines'>> {
  readonly upstreams: readonly RigUpstream[];
  readonly maxTries?: number;
  readonly maxReply?: number;
  /** Listen on this unix socket instead of a port. */
  readonly path?: string;
}

/** A whole proxy for HTTP clients in this process: front end, pipeline, upstreams. */
export interface Rig {
  readonly port: number;
  readonly frontend: HttpFrontend;
  readonly pipeline: Pipeline;
  readonly log: MemoryLog;
}

/** Keeps `fn: message` of each line. */
export class MemoryLog implements Logger {
  readonly lines: string[] = [];

  log(_level: string, _module: string, fn: string, _id: string, message: string): void {
    this.lines.push(`${fn}: ${message}`);
  }

  enabled(): boolean {
    return true;
  }

  has(part: string | RegExp): boolean {
    return this.lines.some((line) => (typeof part === 'string' ? line.includes(part) : part.test(line)));
  }
}

export async function startProxy(t: Pick<TestContext, 'after'>, options: RigOptions): Promise<Rig> {
  const log = new MemoryLog();
  const deadlines = new Deadlines(10);
  const lookup = createLookup();
  const backends = options.upstreams.map((one, index) =>
    makeBackend(one, `up${index}`, options, { deadlines, log, lookup }),
  );
  const fallback = options.upstreams.findIndex((one) => one.default ?? options.upstreams.length === 1);
  const pipeline = new Pipeline({
    upstreams: backends,
    fallback: backends[fallback],
    maxTries: options.maxTries ?? 3,
    logger: log,
  });
  const frontend = new HttpFrontend({
    serverName: 'rspamd/4.1.6',
    maxMessage: 1_000_000,
    allowFileInputs: false,
    requestTimeout: 5_000,
    scanTimeout: 10_000,
    idleTimeout: 5_000,
    ...options,
    scan: pipeline.scan,
    logger: log,
    deadlines,
  });
  const server = createServer((socket) => frontend.handleConnection(socket, peerOf(socket, options.path)));
  await listening(server, options.path);
  t.after(async () => {
    frontend.destroy();
    server.close();
    await pipeline.close();
    lookup.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, frontend, pipeline, log };
}

interface Shared {
  readonly deadlines: Deadlines;
  readonly log: Logger;
  readonly lookup: ReturnType<typeof createLookup>;
}

function makeBackend(one: RigUpstream, name: string, options: RigOptions, shared: Shared): UpstreamBackend {
  const { deadlines, log, lookup } = shared;
  const rules = { extraHeaders: [], logTag: 'session', userAgent: 'rspamd-4.1.6', ...one } as const;
  const limits = limitsOf({});
  return new UpstreamBackend({
    name: one.name ?? name,
    hosts: new UpstreamGroup({ name, hosts: parseHosts([one.hosts]), lookup, log, limits }),
    connections: makeConnections(one.keepAlive ?? false, options.maxReply ?? 2_000_000, deadlines),
    writer: new RequestWriter(rules),
    timeout: one.timeout ?? 5_000,
  });
}

export function makeConnections(keepAlive: boolean, maxReply: number, deadlines: Deadlines): Connections {
  return new ConnectionPool({ keepAlive, maxReply, deadlines });
}

function peerOf(socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }, path?: string): Peer {
  if (path !== undefined) return { kind: 'unix', path };
  return { kind: 'inet', address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
}

async function listening(server: Server, path: string | undefined): Promise<void> {
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
}
