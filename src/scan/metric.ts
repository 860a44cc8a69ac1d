import type { StandardAction } from '../config/index.ts';

/** Symbols that share a cap. */
export interface Group {
  readonly name: string;
  /** Their scores together are no higher; undefined without a cap. */
  readonly maxScore: number | undefined;
  /** Nor lower. */
  readonly minScore: number | undefined;
  readonly oneShot: boolean;
  readonly description: string | undefined;
  /** Clients may be told of it (option public_groups_only). */
  readonly public: boolean;
}

/** What counts for a symbol once code and configuration were put together. */
export interface WeighedSymbol {
  readonly name: string;
  readonly score: number;
  readonly description: string | undefined;
  readonly groups: readonly Group[];
  /** Hits that count. */
  readonly shots: number;
  /** It is never inserted, and a rule for it alone does not run. */
  readonly disabled: boolean;
}

/** An action with the score that leads to it. */
export interface Limit {
  /** As in results: `add header`. */
  readonly name: string;
  readonly type: StandardAction | 'custom';
  /** Undefined where no score leads to it. */
  readonly threshold: number | undefined;
  readonly noThreshold: boolean;
  readonly ham: boolean;
}

/** How a scanner turns symbols into a verdict; the same for all messages. */
export interface Metric {
  readonly symbols: ReadonlyMap<string, WeighedSymbol>;
  /** By their thresholds, those without one first. */
  readonly actions: readonly Limit[];
  /** Weight of symbols that nobody knows; 0 where they count nothing. */
  readonly unknownWeight: number;
  /** 1 where it is off. */
  readonly growFactor: number;
  /** Hits of symbols that nobody knows. */
  readonly shots: number;
}
