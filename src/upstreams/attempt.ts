import type { Peer } from '../message/peer.ts';
import type { Address, Member } from './state.ts';

/** One try to have a message scanned by one host. Whoever was given it reports its outcome, exactly once. */
export interface Attempt {
  /** The host's symbolic name: what the original sends as `Host`. */
  readonly name: string;
  /** What the host's certificate must be valid for: name or address without port; undefined for unix sockets. */
  readonly host: string | undefined;
  /** Where to connect to. */
  readonly endpoint: Peer;
  /** For the log: `name`, followed by the address where that says more. */
  readonly label: string;
  /** The host is held for dead, and this message finds out whether it still is. */
  readonly probe: boolean;
  readonly startedAt: number;
  /** Bookkeeping of this folder. */
  readonly member: Member;
  readonly address: Address;
  readonly tokens: number;
  open: boolean;
}

/**
 * `ok`: a complete reply that can be understood came back, whatever its status. `fail`: the host or the way to it is to
 * blame. `neutral`: neither, as when the client went away or the message could not be sent for reasons of ours.
 */
export type Outcome = 'ok' | 'fail' | 'neutral';
