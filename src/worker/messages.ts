import type { ThreadStatus } from '../backends/index.ts';
import type { KnownSymbol } from '../scan/index.ts';
import type { HostStatus } from '../upstreams/index.ts';
import type { WorkerSpec } from './spec.ts';
import type { WorkerCounts } from './statistics/index.ts';

/** A socket that a worker inherits. */
export interface InheritedSocket {
  readonly fd: number;
  readonly label: string;
  /** Whether its clients come over a unix socket; undefined where only the descriptor is known. */
  readonly unix: boolean | undefined;
  readonly ssl: boolean;
}

/** From the main process to a worker. */
export type Order =
  | { readonly kind: 'start'; readonly spec: WorkerSpec; readonly sockets: readonly InheritedSocket[] }
  /** Accept no more, let sessions go on until their clients end them, then exit. */
  | { readonly kind: 'retire' }
  /** Accept no more, finish messages under way, then exit; the main process kills after its limit. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'reopen-log' }
  /** Look the names of all hosts up again. */
  | { readonly kind: 'reresolve' }
  /** Say how you are: a `report` with the same number is waited for. */
  | { readonly kind: 'report'; readonly number: number }
  /** What `ask-metrics` asked for. */
  | { readonly kind: 'metrics'; readonly text: string };

/** From a worker to the main process. */
export type Notice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly why: string }
  /** A sign of life. */
  | { readonly kind: 'alive' }
  /** A client wants to know what all workers counted: a `metrics` is waited for. */
  | { readonly kind: 'ask-metrics' }
  /** What was counted since the last one. */
  | { readonly kind: 'counts'; readonly counts: Partial<WorkerCounts> }
  | { readonly kind: 'report'; readonly number: number; readonly report: WorkerReport };

/** How a worker is. Times in seconds, `maxrss` in KiB. */
export interface WorkerReport {
  /** Connections that are open now. */
  readonly conns: number;
  readonly utime: number;
  readonly systime: number;
  readonly uptime: number;
  readonly maxrss: number;
  /** Hosts by the names of their upstreams and mirrors. */
  readonly hosts: Readonly<Record<string, readonly HostStatus[]>>;
  /** Where it scans by itself. */
  readonly threads: ThreadStatus | undefined;
  readonly symbols: readonly KnownSymbol[];
}
