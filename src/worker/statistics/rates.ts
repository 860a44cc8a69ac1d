/** How often a symbol is found: moving averages, messages a second. */
export interface Rate {
  readonly mean: number;
  readonly stddev: number;
}

interface Moving {
  hits: number;
  mean: number;
  variance: number;
}

/** Share that the last interval has in an average (rspamd: src/libserver/symcache/symcache_item.cxx). */
const decay = 0.25;

/** Follows the hits of symbols (rspamd: src/libutil/util.c:rspamd_set_counter_ema). */
export class Rates {
  readonly #moving = new Map<string, Moving>();
  #since: number;

  /** @param now milliseconds of a clock that does not jump */
  constructor(now: number) {
    this.#since = now;
  }

  /** To be called at intervals. @param hits of each symbol, since the start */
  update(hits: ReadonlyMap<string, number>, now: number): void {
    const seconds = (now - this.#since) / 1000;
    if (seconds <= 0) return;
    this.#since = now;
    for (const [name, count] of hits) {
      const moving = this.#moving.get(name) ?? { hits: 0, mean: 0, variance: 0 };
      const off = (count - moving.hits) / seconds - moving.mean;
      const step = decay * off;
      moving.hits = count;
      moving.mean += step;
      moving.variance = (1 - decay) * (moving.variance + off * step);
      this.#moving.set(name, moving);
    }
  }

  of(name: string): Rate {
    const { mean, variance } = this.#moving.get(name) ?? { mean: 0, variance: 0 };
    return { mean, stddev: Math.sqrt(variance) };
  }

  /** Counting begins anew, from these hits. */
  reset(hits: ReadonlyMap<string, number>, now: number): void {
    this.#since = now;
    this.#moving.clear();
    for (const [name, count] of hits) this.#moving.set(name, { hits: count, mean: 0, variance: 0 });
  }
}
