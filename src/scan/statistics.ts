import { addRecent, count, type Tally } from '../message/counts.ts';
import type { Limit, Metric } from './metric.ts';
import type { Rule, RuleRegistry } from './rule.ts';
import type { Scanned } from './scanner.ts';

/** What scans came to (rspamd: src/rspamd.h:rspamd_stat, src/libserver/rspamd_symcache.h). */
export type ScanCounts = {
  scanned: number;
  /** Messages by the type of their action, by its name where the operator made it. */
  actions: Tally;
  /** Seconds: of all scans together, and of the last ones. */
  seconds: number;
  recentSeconds: number[];
  /** Messages that have a symbol, and the scores that it had together. */
  hits: Tally;
  scores: Tally;
  /** Runs of rules whose time was taken, and their seconds. */
  timedRuns: Tally;
  timedSeconds: Tally;
  /** Questions that went to a name server, those among them without a usable answer, and what the cache had. */
  dnsRequests: number;
  dnsFailures: number;
  dnsCached: number;
};

export function noScanCounts(): ScanCounts {
  return {
    scanned: 0,
    actions: new Map(),
    seconds: 0,
    recentSeconds: [],
    hits: new Map(),
    scores: new Map(),
    timedRuns: new Map(),
    timedSeconds: new Map(),
    dnsRequests: 0,
    dnsFailures: 0,
    dnsCached: 0,
  };
}

/** A symbol that a scanner may find. */
export interface KnownSymbol {
  readonly name: string;
  readonly weight: number;
  /** Whose time is that of the symbol; undefined for a composite. */
  readonly rule: string | undefined;
}

export function knownSymbols(metric: Metric, registry: RuleRegistry): KnownSymbol[] {
  return [...metric.symbols.values()]
    .filter(({ disabled }) => !disabled)
    .map(({ name, score }) => ({ name, weight: score, rule: registry.ruleOf(name)?.name }));
}

/** The time of rules is taken for one of so many messages, not for the first, which takes longest: asking the clock costs more than most rules. */
const sampling = 16;

/** Counts what a scanner does. */
export class ScanStatistics {
  readonly counts = noScanCounts();
  #begun = 0;

  /** To be called for every message. @returns who is told how many milliseconds rules took; undefined for most messages */
  begin(): ((rule: Rule, milliseconds: number) => void) | undefined {
    if (this.#begun++ % sampling !== 1) return undefined;
    return ({ name }, milliseconds) => {
      count(this.counts.timedRuns, name);
      count(this.counts.timedSeconds, name, milliseconds / 1000);
    };
  }

  /** rspamd: src/libserver/protocol.c:rspamd_protocol_update_stats */
  end({ task, verdict, seconds }: Scanned): void {
    if (task.has('no_stat')) return;
    const { counts } = this;
    counts.scanned++;
    counts.seconds += seconds;
    addRecent(counts.recentSeconds, seconds);
    count(counts.actions, actionName(verdict.action, task.results.metric));
    for (const { name, score, definition } of task.results.symbols.values()) {
      // Others can be made up by whoever sends a message.
      if (definition === undefined) continue;
      count(counts.hits, name);
      count(counts.scores, name, score);
    }
  }
}

function actionName({ type, name }: Limit, { actions }: Metric): string {
  return type === 'custom' && actions.some((one) => one.name === name) ? name : type;
}
