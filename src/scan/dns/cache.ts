import type { DnsAnswer } from '../dns-answer.ts';

interface Entry {
  readonly answer: DnsAnswer;
  readonly until: number;
}

/** Nothing is kept for longer, whatever the zone says. Milliseconds. */
const longest = 3_600_000;

/** Answers, for as long as their zone allows; those that were not asked for longest go first. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  readonly #now: () => number;

  /**
   * @param capacity how many answers
   * @param now milliseconds of a clock that does not jump
   */
  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get(key: string): DnsAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#now()) return undefined;
    this.#entries.set(key, entry);
    return entry.answer;
  }

  /** @param ttl in seconds */
  set(key: string, answer: DnsAnswer, ttl: number): void {
    if (ttl <= 0 || this.#capacity === 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, { answer, until: this.#now() + Math.min(longest, ttl * 1000) });
    if (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
  }
}
