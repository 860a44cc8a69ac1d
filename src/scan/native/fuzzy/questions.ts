import { randomInt } from 'node:crypto';
import { type FuzzyChannel, type FuzzyQuery, type FuzzyReply, writeQuery } from './wire.ts';

/** What one message asks a storage, and what came back. */
export class Questions {
  /** In the order of the queries; undefined for one without an answer. */
  readonly replies: (FuzzyReply | undefined)[];
  readonly #queries: readonly FuzzyQuery[];
  readonly #channel: FuzzyChannel | undefined;
  /** Replies name the query by a number; these begin here. */
  readonly #first = randomInt(2 ** 32);
  #left: number;

  constructor(queries: readonly FuzzyQuery[], channel: FuzzyChannel | undefined) {
    this.#queries = queries;
    this.#channel = channel;
    this.#left = queries.length;
    this.replies = queries.map(() => undefined);
  }

  get isAnswered(): boolean {
    return this.#left === 0;
  }

  /** Packets of the queries that have no answer. */
  open(version: number): Buffer[] {
    return this.#queries.flatMap((query, at) =>
      this.replies[at] === undefined ? [writeQuery(query, (this.#first + at) % 2 ** 32, version, this.#channel)] : [],
    );
  }

  /** @returns false for a reply to others, or one that has come already */
  take(reply: FuzzyReply): boolean {
    const at = (reply.tag - this.#first + 2 ** 32) % 2 ** 32;
    if (at >= this.#queries.length || this.replies[at] !== undefined) return false;
    this.replies[at] = reply;
    this.#left--;
    return true;
  }
}
