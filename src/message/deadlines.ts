/** Something that ends at a moment, or earlier: a message, an attempt, a connection that nobody uses. */
export interface Timed {
  /** Milliseconds of `performance.now()`. May be moved while the entry is in the list. */
  deadline: number;
  /** Whether it is over for another reason; asked at every tick. */
  readonly cancelled?: boolean;
  /** Called once, up to one tick late, after the entry was taken out of the list. */
  expire(): void;
}

/**
 * All deadlines of a process behind one coarse timer: adding and removing costs as much as a Set does, so a message
 * that is done in a millisecond pays nothing for its time limits. The timer rests while the list is empty and never
 * keeps the process alive.
 */
export class Deadlines {
  readonly #entries = new Set<Timed>();
  readonly #tick: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param tick how often the list is looked at, in milliseconds: an entry ends up to that much late */
  constructor(tick = 50) {
    this.#tick = tick;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(entry: Timed): void {
    this.#entries.add(entry);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), this.#tick);
    this.#timer.unref();
  }

  delete(entry: Timed): void {
    this.#entries.delete(entry);
  }

  #look(): void {
    const now = performance.now();
    for (const entry of this.#entries) {
      if (entry.deadline > now && entry.cancelled !== true) continue;
      this.#entries.delete(entry);
      entry.expire();
    }
    if (this.#entries.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
