import type { UclObject } from '../../ucl/index.ts';

/** What applies to one message in place of the configuration (`apply` of a settings rule, header `Settings`). */
export interface TaskSettings {
  /** Of the rule that it comes from. */
  readonly id: string | undefined;
  /** Weights in place of the configured ones. */
  readonly scores: ReadonlyMap<string, number>;
  /** Thresholds in place of the configured ones; `null` switches an action off. */
  readonly actions: ReadonlyMap<string, number | null>;
  /** Template of a rewritten subject. */
  readonly subject: string | undefined;
  /** The whole, for what only a module knows (`plugins`, `add_headers` …). */
  readonly object: UclObject;
}
