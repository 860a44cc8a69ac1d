import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, ConnectionPool, RequestWriter, SelfScanBackend, UpstreamBackend } from '../backends/index.ts';
import { HttpFrontend } from '../frontends/http/index.ts';
import { createMilterServer } from '../frontends/milter/index.ts';
import { Deadlines } from '../message/deadlines.ts';
import type { Logger } from '../message/log.ts';
import { type Peer, plainAddress } from '../message/peer.ts';
import { Pipeline } from '../proxy/index.ts';
import { Scanner, stockSettings } from '../scan/index.ts';
import { createLookup, type Lookup, UpstreamGroup } from '../upstreams/index.ts';
import { Admission } from './admission.ts';
import type { InheritedSocket } from './messages.ts';
import type { UpstreamSpec, WorkerSpec } from './spec.ts';

/** Names that nobody knows by then do not keep a worker from its other upstreams; milliseconds. */
const longestLookup = 2_000;

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
}

/** Puts a worker together from its spec and accepts on the sockets that it inherited. Rejects when one cannot be used. */
export async function serve(spec: WorkerSpec, sockets: readonly InheritedSocket[], logger: Logger): Promise<Serving> {
  const deadlines = new Deadlines();
  const lookup = createLookup(spec.resolver);
  const groups = createGroups(spec, lookup, logger);
  const pipeline = createPipeline(spec, groups, deadlines, logger);
  const frontend = createFrontend(spec, pipeline, deadlines, logger);
  const admission = new Admission(spec.connectionLimits, logger);
  const admitting = (socket: Socket, peer: Peer): void => {
    const leave = admission.admit(peer);
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    socket.once('close', leave);
    frontend.handleConnection(socket, peer);
  };
  // A message that came before the names of its scanners are known would be refused for nothing.
  await Promise.race([Promise.all([...groups.values()].map(({ ready }) => ready)), sleep(longestLookup)]);
  const servers = await Promise.all(sockets.map((socket) => listen(socket, admitting)));
  const stopListening = () => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return {
    end: async (kind) => {
      void stopListening();
      if (kind === 'retire') await Promise.race([frontend.retire(), sleep(retireLimit, undefined, { ref: false })]);
      await frontend.drain();
      await pipeline.close();
      lookup.close();
    },
    destroy: () => frontend.destroy(),
  };
}

/** The hosts of every upstream that has any, by its name. */
type Groups = ReadonlyMap<string, UpstreamGroup>;

function createGroups({ upstreams, limits }: WorkerSpec, lookup: Lookup, logger: Logger): Groups {
  const asking = upstreams.filter(({ selfScan }) => !selfScan);
  return new Map(
    asking.map(({ name, hosts, tokenBucket }) => [
      name,
      new UpstreamGroup({ name, hosts, tokenBucket, limits, lookup, log: logger }),
    ]),
  );
}

function createPipeline(spec: WorkerSpec, groups: Groups, deadlines: Deadlines, logger: Logger): Pipeline {
  const scanner = spec.scan && new Scanner(spec.scan);
  const backendOf = (upstream: UpstreamSpec): Backend => {
    const { name, timeout, settingsId, extraHeaders, logTag, userAgent } = upstream;
    const hosts = groups.get(name);
    if (hosts === undefined) return new SelfScanBackend(name, scanner ?? new Scanner(stockSettings));
    return new UpstreamBackend({
      name,
      hosts,
      connections: new ConnectionPool({ keepAlive: true, maxReply: 2 * spec.http.maxMessage, deadlines }),
      writer: new RequestWriter({ settingsId, extraHeaders, logTag, userAgent }),
      timeout,
    });
  };
  const backends = spec.upstreams.map((upstream) => [upstream, backendOf(upstream)] as const);
  return new Pipeline({
    upstreams: backends.map(([, backend]) => backend),
    fallback: backends.find(([upstream]) => upstream.default)?.[1],
    maxTries: spec.maxTries,
    logger,
  });
}

function createFrontend(spec: WorkerSpec, { scan }: Pipeline, deadlines: Deadlines, logger: Logger): Frontend {
  if (spec.milter !== undefined) {
    return createMilterServer(spec.milter, { scan, logger, now: () => performance.now() });
  }
  return new HttpFrontend({ ...spec.http, scan, logger, deadlines });
}

type Accept = (socket: Socket, peer: Peer) => void;

function listen({ fd, label, unix }: InheritedSocket, accept: Accept): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = peerOf(socket, unix ?? typeof server.address() === 'string', label);
    if (peer === undefined) socket.destroy();
    else accept(socket, peer);
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
