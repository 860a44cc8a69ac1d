import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, ScanPool, SelfScanBackend } from '../backends/index.ts';
import { HttpFrontend } from '../frontends/http/index.ts';
import { createMilterServer } from '../frontends/milter/index.ts';
import { count } from '../message/counts.ts';
import { Deadlines } from '../message/deadlines.ts';
import type { Logger } from '../message/log.ts';
import { type Peer, plainAddress } from '../message/peer.ts';
import { Pipeline, type ProxyCounts } from '../proxy/index.ts';
import { createLookup, type UpstreamGroup } from '../upstreams/index.ts';
import { sharedZstd } from '../wire/zstd/index.ts';
import { Admission } from './admission.ts';
import { type ClientAccess, clientAccess } from './client-access.ts';
import type { InheritedSocket, WorkerReport } from './messages.ts';
import { createMirrors, type Mirroring } from './mirrors.ts';
import { scannerAccess } from './scanner-access.ts';
import type { WorkerScripts } from './scripts.ts';
import type { UpstreamSpec, WorkerSpec } from './spec.ts';
import { noWorkerCounts, takeWorkerCounts, type WorkerCounts } from './statistics/index.ts';
import { createTarget, type Means } from './targets.ts';

/** Names that nobody knows by then do not keep a worker from its other upstreams; milliseconds. */
const longestLookup = 2_000;

/** Longer than a host that is held for dead is left alone while no other one lives; milliseconds. */
const patience = 1_200;

/** A worker that was replaced waits so long for sessions that their clients keep open; milliseconds. */
const retireLimit = 15 * 60_000;

/** Serves connections of one protocol; both front ends are made alike. */
interface Frontend {
  handleConnection(socket: Socket, peer: Peer): void;
  /** Lets sessions go on until their clients end them; resolves when no connection is left. */
  retire(): Promise<void>;
  /** Finishes messages under way; resolves when no connection is left. */
  drain(): Promise<void>;
  destroy(): void;
}

/** A worker at work. */
export interface Serving {
  /** Stops accepting, then lets sessions (`retire`) or only messages (`stop`) come to their end. */
  end(kind: 'retire' | 'stop'): Promise<void>;
  /** Ends at once. */
  destroy(): void;
  /** Opens the files that it writes anew, after logrotate moved them. */
  reopenLogs(): void;
  /** Looks the names of all hosts up again. */
  reresolve(): void;
  /** Resolves soon; `takeCounts` then has what was counted until now. */
  report(): Promise<WorkerReport>;
  /** What was counted since it was last asked; undefined for nothing. */
  takeCounts(): Partial<WorkerCounts> | undefined;
  /** Whether something that cannot be ended keeps the process from ending. */
  hangs(): boolean;
  /** Ports of the TCP sockets, in their order. */
  readonly ports: readonly number[];
}

/**
 * Puts a worker together from its spec and accepts on the sockets that it inherited. Rejects when one cannot be used.
 * @param metrics what all workers counted, for Prometheus
 */
export async function serve(
  spec: WorkerSpec,
  sockets: readonly InheritedSocket[],
  logger: Logger,
  metrics: () => Promise<string>,
): Promise<Serving> {
  const deadlines = new Deadlines();
  const lookup = createLookup(spec.resolver);
  const maxReply = 2 * spec.http.maxMessage;
  // Replies to /checkv3 have compressed parts; only where they are compared somebody looks into them.
  const compares = spec.mirrors.length > 0 || spec.scripts.compare.length > 0;
  const zstd = compares ? await sharedZstd() : undefined;
  const access = await scannerAccess(spec.scannerAccess, [...spec.upstreams, ...spec.mirrors]);
  const means: Means = { lookup, limits: spec.limits, deadlines, logger, maxReply, access, zstd };
  const scripts = await createScripts(spec, logger);
  const pool = spec.scan && new ScanPool(spec.scan.thread, spec.scan.pool, logger);
  const counts: WorkerCounts = { ...noWorkerCounts(), ...pool?.counts };
  const upstreams = createUpstreams(spec, means, scripts, pool && { pool, metrics });
  const mirrors = createMirrors(spec, means, scripts, counts.proxy);
  const pipeline = createPipeline(spec, upstreams, mirrors, counts.proxy, logger);
  const clients = await clientAccess(spec.clientAccess);
  const frontend = createFrontend(spec, pipeline, clients, counts.clients, deadlines, logger);
  const admission = new Admission(spec.connectionLimits, logger);
  const admitting = (socket: Socket, peer: Peer, ssl: boolean): void => {
    const leave = admission.admit(peer);
    if (leave === undefined) {
      counts.clients.refused++;
      socket.destroy();
      return;
    }
    socket.once('close', leave);
    count(counts.clients.connections, spec.milter === undefined ? 'http' : 'milter');
    frontend.handleConnection(ssl && clients.secure !== undefined ? clients.secure(socket) : socket, peer);
  };
  // A message that came before the names of its scanners are known would be refused for nothing.
  const mirrored = mirrors?.hosts ?? [];
  const ready = [
    scripts?.ready,
    ...mirrored.map((hosts) => hosts.ready),
    ...upstreams.map((upstream) => upstream.ready),
  ];
  await Promise.race([Promise.all(ready), sleep(longestLookup)]);
  const servers = await Promise.all(sockets.map((socket) => listen(socket, admitting)));
  const stopListening = () => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const groups = [...upstreams.flatMap(({ hosts }) => hosts ?? []), ...mirrored];
  return {
    end: async (kind) => {
      void stopListening();
      if (kind === 'retire') await Promise.race([frontend.retire(), sleep(retireLimit, undefined, { ref: false })]);
      await frontend.drain();
      await pipeline.close();
      await scripts?.close();
      mirrors?.closeLog();
      lookup.close();
    },
    destroy: () => {
      frontend.destroy();
      void scripts?.close();
    },
    reopenLogs: () => mirrors?.reopenLog(),
    reresolve: () => {
      for (const group of groups) group.resolveNow();
    },
    report: async () => {
      await pool?.collect();
      return reportOf(admission.open, groups, pool);
    },
    takeCounts: () => takeWorkerCounts(counts),
    hangs: () => scripts?.hang === true,
    ports: servers.map((server) => server.address()).flatMap((at) => (typeof at === 'object' && at ? [at.port] : [])),
  };
}

function reportOf(conns: number, groups: readonly UpstreamGroup[], pool: ScanPool | undefined): WorkerReport {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    conns,
    utime: userCPUTime / 1e6,
    systime: systemCPUTime / 1e6,
    uptime: process.uptime(),
    maxrss: maxRSS,
    hosts: Object.fromEntries(groups.map((group) => [group.name, group.status()])),
    threads: pool?.status,
    symbols: pool?.symbols ?? [],
  };
}

/** Undefined where nothing runs a script: what runs them takes longer to load than all the rest of a worker. */
async function createScripts(spec: WorkerSpec, logger: Logger): Promise<WorkerScripts | undefined> {
  const parsed = [...spec.upstreams, ...spec.mirrors].some(({ parser }) => parser !== undefined);
  if (!parsed && spec.scripts.compare.length === 0) return undefined;
  const { WorkerScripts } = await import('./scripts.ts');
  return new WorkerScripts(spec.scripts, spec, logger);
}

/** An upstream of the configuration, ready to answer. */
interface Upstream {
  readonly spec: UpstreamSpec;
  readonly backend: Backend;
  readonly ready: Promise<void>;
  /** Undefined where it scans in this process. */
  readonly hosts?: UpstreamGroup;
}

function createUpstreams(
  spec: WorkerSpec,
  means: Means,
  scripts: WorkerScripts | undefined,
  own: { readonly pool: ScanPool; readonly metrics: () => Promise<string> } | undefined,
): Upstream[] {
  return spec.upstreams.map((upstream) => {
    if (!upstream.selfScan || own === undefined) {
      const { tokenBucket } = upstream;
      const target = createTarget(upstream, means, { tokenBucket, patience, parse: scripts?.parse(upstream) });
      return { spec: upstream, ...target, ready: target.hosts.ready };
    }
    return {
      spec: upstream,
      backend: new SelfScanBackend(upstream.name, own.pool, spec.http.maxMessage, own.metrics),
      ready: own.pool.ready,
    };
  });
}

function createPipeline(
  spec: WorkerSpec,
  upstreams: readonly Upstream[],
  mirrors: Mirroring | undefined,
  counts: ProxyCounts,
  logger: Logger,
): Pipeline {
  return new Pipeline({
    upstreams: upstreams.map(({ backend }) => backend),
    fallback: upstreams.find((upstream) => upstream.spec.default)?.backend,
    maxTries: spec.maxTries,
    logger,
    observers: mirrors === undefined ? [] : [mirrors.observer],
    counts,
  });
}

function createFrontend(
  spec: WorkerSpec,
  { scan }: Pipeline,
  { crypt, encryptedOnly }: ClientAccess,
  { milterVerdicts: verdicts }: WorkerCounts['clients'],
  deadlines: Deadlines,
  logger: Logger,
): Frontend {
  if (spec.milter !== undefined) {
    return createMilterServer(spec.milter, { scan, logger, now: () => performance.now(), verdicts });
  }
  return new HttpFrontend({ ...spec.http, crypt, encryptedOnly, scan, logger, deadlines });
}

type Accept = (socket: Socket, peer: Peer, ssl: boolean) => void;

function listen({ fd, label, unix, ssl }: InheritedSocket, accept: Accept): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = peerOf(socket, unix ?? typeof server.address() === 'string', label);
    if (peer === undefined) socket.destroy();
    else accept(socket, peer, ssl);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(`cannot listen on ${label}: ${cause.message}`, { cause })));
    // The kernel cuts this to its own limit (net.core.somaxconn).
    server.listen({ fd, backlog: 65_535 }, () => resolve(server));
  });
}

/**
 * The client of a unix socket has no address: the socket's own path stands for it. A TCP client that has gone already
 * has none either, and must not be taken for one on this machine.
 */
function peerOf(socket: Socket, unix: boolean, label: string): Peer | undefined {
  if (unix) return { kind: 'unix', path: label };
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { kind: 'inet', address: plainAddress(remoteAddress), port: remotePort };
}
