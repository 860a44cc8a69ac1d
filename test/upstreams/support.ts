import { pick } from '../../src/upstreams/choose.ts';
import { type HealthEvent, record } from '../../src/upstreams/health.ts';
import { type Attempt, type Outcome, parseHosts } from '../../src/upstreams/index.ts';
import { type Limits, limitsOf } from '../../src/upstreams/limits.ts';
import type { Ask } from '../../src/upstreams/policy.ts';
import { createList, type ListSettings, type Member, type UpstreamList } from '../../src/upstreams/state.ts';

/** A random source that gives the same numbers every time (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A list with a clock that only the test moves. Hosts are called by their position: 1, 2, 3. */
export class Bench {
  now = 0;
  readonly list: UpstreamList;
  readonly events: HealthEvent[] = [];
  readonly random: () => number;

  constructor(hosts: string | readonly string[], settings: ListSettings = {}, seed = 1) {
    const spec = parseHosts([hosts].flat());
    this.list = createList(spec, { ...settings, limits: settings.limits ?? limitsOf({}) }, 0);
    this.random = randomFrom(seed);
  }

  pick(about: Omit<Ask, 'now' | 'random'> = {}): Attempt | undefined {
    return pick(this.list, { now: this.now, random: this.random, ...about });
  }

  report(attempt: Attempt, outcome: Outcome): HealthEvent | undefined {
    const event = record(this.list, attempt, outcome, this.now, this.random);
    if (event !== undefined) this.events.push(event);
    return event;
  }

  member(position: number): Member {
    return this.list.members[position - 1] as Member;
  }

  /** Positions of the hosts that `count` messages go to, one after another, each answered after `took` milliseconds. */
  order(count: number, about: Omit<Ask, 'now' | 'random'> = {}, took = 0): number[] {
    return Array.from({ length: count }, () => {
      const attempt = this.pick(about) as Attempt;
      this.now += took;
      this.report(attempt, 'ok');
      return positionOf(attempt);
    });
  }

  /**
   * One message with up to `retries` attempts in no time.
   * @param down positions of the hosts that fail
   * @returns positions in the order they were tried; the last one answered if `ok`
   */
  message(
    down: ReadonlySet<number>,
    retries = 5,
    about: Omit<Ask, 'now' | 'random'> = {},
  ): { tried: number[]; ok: boolean } {
    const tried: Attempt[] = [];
    while (tried.length < retries) {
      const attempt = this.pick({ ...about, tried, last: tried.length === retries - 1 });
      if (attempt === undefined) break;
      tried.push(attempt);
      const failed = down.has(positionOf(attempt));
      this.report(attempt, failed ? 'fail' : 'ok');
      if (!failed) return { tried: tried.map(positionOf), ok: true };
    }
    return { tried: tried.map(positionOf), ok: false };
  }
}

export function positionOf(attempt: Attempt): number {
  return attempt.member.order + 1;
}

/** How often each of `size` positions occurs, as parts of the whole. */
export function shares(positions: readonly number[], size: number): number[] {
  const counts = new Array<number>(size).fill(0);
  for (const position of positions) counts[position - 1] = (counts[position - 1] as number) + 1;
  return counts.map((count) => count / positions.length);
}

export const quick: Limits = limitsOf({ reviveTime: 4_000, errorTime: 2_000 });
