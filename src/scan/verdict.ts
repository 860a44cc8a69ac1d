import type { SymbolDefinition } from './symbol.ts';

/** Where a score begins to mean an action; `null` for an action that no score reaches. */
export type Thresholds = ReadonlyMap<string, number | null>;

export interface FoundSymbol {
  readonly name: string;
  score: number;
  /** The symbol's own weight, whatever the multiplier. */
  readonly weight: number;
  readonly description: string;
  readonly options: Set<string>;
}

interface Passthrough {
  readonly action: string;
  readonly module: string;
  readonly message: string;
}

/** Collects what checks find and turns it into an action (rspamd: src/libmime/scan_result.c). */
export class Verdict {
  readonly symbols = new Map<string, FoundSymbol>();
  readonly #thresholds: Thresholds;
  readonly #weigh: (symbol: string) => SymbolDefinition | undefined;
  #passthrough: Passthrough | undefined;

  /** @param weigh the weight that counts for a symbol: the operator's, else the check's own */
  constructor(thresholds: Thresholds, weigh: (symbol: string) => SymbolDefinition | undefined) {
    this.#thresholds = thresholds;
    this.#weigh = weigh;
  }

  insert(name: string, multiplier: number, options: readonly string[]): void {
    const definition = this.#weigh(name);
    const weight = definition?.score ?? 0;
    const score = Number.isFinite(multiplier) ? weight * multiplier : 0;
    const known = this.symbols.get(name);
    if (known !== undefined) {
      // Every symbol here counts once: a further hit can only make it heavier, never add up.
      if (Math.abs(score) > Math.abs(known.score) && score * known.score >= 0) known.score = score;
      for (const option of options) known.options.add(option);
      return;
    }
    this.symbols.set(name, {
      name,
      score,
      weight,
      description: definition?.description ?? '',
      options: new Set(options),
    });
  }

  /** The first one wins. */
  passThrough(action: string, module: string, message: string): void {
    this.#passthrough ??= { action, module, message };
  }

  get passthrough(): Passthrough | undefined {
    return this.#passthrough;
  }

  get score(): number {
    const forced = this.#passthrough === undefined ? null : this.#thresholds.get(this.#passthrough.action);
    if (typeof forced === 'number') return forced;
    let sum = 0;
    for (const symbol of this.symbols.values()) sum += symbol.score;
    return sum;
  }

  /** The threshold of `reject`; the highest of all where that action is switched off. */
  get requiredScore(): number {
    const limits = this.limits;
    return limits[0]?.[1] ?? 0;
  }

  /** Actions that a score can reach, highest first. */
  get limits(): ReadonlyArray<readonly [action: string, limit: number]> {
    const defined = [...this.#thresholds].filter((entry): entry is [string, number] => entry[1] !== null);
    return defined.sort((a, b) => b[1] - a[1]);
  }

  get action(): string {
    if (this.#passthrough !== undefined) return this.#passthrough.action;
    const score = this.score;
    return this.limits.find(([, limit]) => score >= limit)?.[0] ?? 'no action';
  }
}
