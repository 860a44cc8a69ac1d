import type { Peer } from '../message/peer.ts';
import type { Attempt } from './attempt.ts';
import type { Member, UpstreamList } from './state.ts';

/** A question for a host. */
export interface Ask {
  /** Milliseconds of the clock that all calls on the list share. */
  readonly now: number;
  /** A number of at least 0 and below 1. */
  readonly random: () => number;
  /** Whom `hash:` chooses by. */
  readonly client?: Peer | undefined;
  /** What `hash:` chooses by where it is not a client. */
  readonly key?: Uint8Array | undefined;
  /** Size of the message: what `token_bucket` charges for. */
  readonly bytes?: number | undefined;
  /** Earlier attempts for the same message, oldest first. */
  readonly tried?: readonly Attempt[] | undefined;
  /** No other attempt can follow: not the time to try out a host that was dead. */
  readonly last?: boolean | undefined;
}

/** One way of choosing. */
export interface Policy {
  /** @param candidates living members in the order of the list, at least one; the choice is one of them */
  pick(candidates: readonly Member[], list: UpstreamList, ask: Ask): Member;
  /** Whether `member` would get messages beside the `active` ones if it were alive. */
  wants?(member: Member, active: readonly Member[]): boolean;
}
