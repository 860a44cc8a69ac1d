import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import type { SecureContext } from 'node:tls';
import { resultReader } from '../../src/backends/index.ts';
import {
  ConnectionPool,
  type Connections,
  type RequestRules,
  RequestWriter,
  type RestRules,
  SealedConnections,
  type StageLimits,
  tlsOpener,
  UpstreamBackend,
} from '../../src/backends/upstream/index.ts';
import { HttpFrontend, type HttpOptions } from '../../src/frontends/http/index.ts';
import type { Comparison, ComparisonListener } from '../../src/message/comparison.ts';
import { Deadlines } from '../../src/message/deadlines.ts';
import type { Logger } from '../../src/message/log.ts';
import type { Peer } from '../../src/message/peer.ts';
import { type MirrorLimits, Mirrors, type Observer, Pipeline } from '../../src/proxy/index.ts';
import { createLookup, limitsOf, parseHosts, UpstreamGroup } from '../../src/upstreams/index.ts';
import { CryptClient, loadCipher, type PublicKey } from '../../src/wire/crypt/index.ts';
import type { Zstd } from '../../src/wire/zstd/index.ts';

export interface RigUpstream extends Partial<RequestRules> {
  readonly name?: string;
  readonly hosts: string;
  readonly default?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly keepAlive?: boolean;
  readonly stages?: StageLimits;
  readonly rest?: RestRules;
  /** Public key of the scanner. */
  readonly key?: PublicKey;
  readonly tls?: SecureContext;
  readonly compress?: boolean;
}

export interface RigMirror extends RigUpstream {
  readonly probability?: number;
  readonly followMaster?: boolean;
}

export interface RigOptions extends Partial<Omit<HttpOptions, 'scan' | 'logger' | 'deadlines'>> {
  readonly upstreams: readonly RigUpstream[];
  readonly mirrors?: readonly RigMirror[];
  readonly listeners?: readonly ComparisonListener[];
  readonly mirrorLimits?: Partial<MirrorLimits>;
  readonly random?: () => number;
  readonly observers?: readonly Observer[];
  readonly maxTries?: number;
  readonly maxReply?: number;
  /** For compressed parts of replies. */
  readonly zstd?: Zstd;
  /** Listen on this unix socket instead of a port. */
  readonly path?: string;
  /** Where clients seem to come from. */
  readonly from?: Peer;
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

/** Keeps the comparisons that it is told of. */
export class Comparisons implements ComparisonListener {
  readonly alone = true;
  readonly all: Comparison[] = [];
  #waiting: Array<() => void> = [];

  compared(comparison: Comparison): void {
    this.all.push(comparison);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The one with that number, counted from 0, when it is there. */
  async at(index: number): Promise<Comparison> {
    while (this.all.length <= index) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.all[index] as Comparison;
  }

  /** Its results, values without their encodings. */
  async results(index: number): Promise<Record<string, unknown>> {
    const { results } = await this.at(index);
    return Object.fromEntries([...results].map(([name, one]) => [name, typeof one === 'string' ? one : one.value]));
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
    observers: [...makeMirrors(options, { deadlines, log, lookup }), ...(options.observers ?? [])],
  });
  const frontend = new HttpFrontend({
    serverName: 'rspamd/4.1.6',
    maxMessage: 1_000_000,
    allowFileInputs: false,
    requestTimeout: 20_000,
    scanTimeout: 40_000,
    idleTimeout: 20_000,
    ...options,
    scan: pipeline.scan,
    logger: log,
    deadlines,
  });
  const server = createServer((socket) =>
    frontend.handleConnection(socket, options.from ?? peerOf(socket, options.path)),
  );
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

function makeMirrors(options: RigOptions, shared: Shared): Mirrors[] {
  const { mirrors: wanted, listeners = [], mirrorLimits: limits, random } = options;
  if (wanted === undefined) return [];
  const mirrors = wanted.map((one, index) => {
    const backend = makeBackend(one, `mirror${index}`, options, shared);
    const { probability = 1, followMaster = false, timeout = 20_000 } = one;
    return { name: backend.name, backend, probability, followMaster, timeout };
  });
  return [new Mirrors({ mirrors, listeners, limits, random, logger: shared.log })];
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
  const { maxReply = 2_000_000 } = options;
  return new UpstreamBackend({
    name: one.name ?? name,
    hosts: new UpstreamGroup({ name, hosts: parseHosts([one.hosts]), lookup, log, limits }),
    connections: makeConnections(one, maxReply, deadlines),
    writer: new RequestWriter(rules),
    timeout: one.timeout ?? 20_000,
    compress: one.compress,
    maxReply,
    read: resultReader({ zstd: options.zstd }),
  });
}

/** One for all: as in a worker, its key is that of the whole process. */
const cryptClient = new CryptClient(await loadCipher());

function makeConnections(one: RigUpstream, maxReply: number, deadlines: Deadlines): Connections {
  const { keepAlive, stages, rest, tls, key } = one;
  const opener = tls && tlsOpener(tls);
  const pool = new ConnectionPool({ keepAlive, stages, rest, maxReply, deadlines, opener });
  return key === undefined ? pool : new SealedConnections(pool, cryptClient, key);
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
