import {
  type Backend,
  ConnectionPool,
  type Connections,
  type Parse,
  ParsedBackend,
  type ReaderOptions,
  RequestWriter,
  resultReader,
  SealedConnections,
  SharedMemoryConnections,
  UpstreamBackend,
} from '../backends/index.ts';
import type { Deadlines } from '../message/deadlines.ts';
import type { Logger } from '../message/log.ts';
import { type Limits, type Lookup, type TokenBucket, UpstreamGroup } from '../upstreams/index.ts';
import { PublicKey } from '../wire/crypt/index.ts';
import type { Zstd } from '../wire/zstd/index.ts';
import type { ScannerAccess } from './scanner-access.ts';
import type { TargetSpec } from './spec.ts';

/** What all targets of a worker share. */
export interface Means {
  readonly lookup: Lookup;
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  /** Bytes of a reply's body. */
  readonly maxReply: number;
  readonly access: ScannerAccess;
  /** Present where compressed results may have to be read. */
  readonly zstd: Zstd | undefined;
}

/** What an upstream has that a mirror has not, and the other way round. */
export interface TargetExtras {
  readonly tokenBucket?: TokenBucket | undefined;
  /** Milliseconds that messages wait for a host when all are held for dead. */
  readonly patience?: number | undefined;
  /** Up to which size results in replies are read; as verdicts are where it is left out. */
  readonly readable?: Partial<ReaderOptions> | undefined;
  /** Reads the answers in their place. */
  readonly parse?: Parse | undefined;
}

/** Scanners that can be asked. */
export interface Target {
  readonly backend: Backend;
  readonly hosts: UpstreamGroup;
}

/**
 * What sends messages to the hosts of an upstream or a mirror, in the way that its options want: the one place where
 * those options take effect, so that they mean the same for both.
 */
export function createTarget(spec: TargetSpec, means: Means, extras: TargetExtras = {}): Target {
  const { name, hosts, timeout, settingsId, extraHeaders, logTag, userAgent, compress } = spec;
  const { lookup, limits, logger, maxReply, zstd } = means;
  const { tokenBucket, patience, readable, parse } = extras;
  const group = new UpstreamGroup({ name, hosts, tokenBucket, limits, lookup, log: logger });
  const backend = new UpstreamBackend({
    name,
    hosts: group,
    connections: createConnections(spec, means),
    writer: new RequestWriter({ settingsId, extraHeaders, logTag, userAgent }),
    timeout,
    patience,
    // A scanner takes a message in shared memory as it is.
    compress: compress && !handsOver(spec),
    maxReply,
    read: resultReader({ maxBytes: maxReply, ...readable, zstd }),
  });
  return { backend: parse === undefined ? backend : new ParsedBackend(backend, parse), hosts: group };
}

/** What is encrypted is encrypted as a whole. */
const handsOver = ({ key, local }: Pick<TargetSpec, 'key' | 'local'>): boolean => local && key === undefined;

function createConnections(
  { keepAlive, ssl, key, local }: TargetSpec,
  { access, maxReply, deadlines }: Means,
): Connections {
  const { rest, stages, tls, crypt } = access;
  const opener = ssl ? there(tls) : undefined;
  const pool = new ConnectionPool({ keepAlive, rest, stages, maxReply, deadlines, opener });
  if (key === undefined) return handsOver({ key, local }) ? new SharedMemoryConnections(pool) : pool;
  return new SealedConnections(pool, there(crypt), new PublicKey(key));
}

/** A target that wants protection never goes without. */
function there<T>(means: T | undefined): T {
  if (means === undefined) throw new Error('internal error: the means to protect connections were not made');
  return means;
}
