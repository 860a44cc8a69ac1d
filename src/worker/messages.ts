import type { WorkerSpec } from './spec.ts';

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
  | { readonly kind: 'reopen-log' };

/** From a worker to the main process. */
export type Notice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly why: string }
  /** A sign of life. */
  | { readonly kind: 'alive' };
