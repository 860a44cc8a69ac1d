import type { Tally } from '../../message/counts.ts';
import type { LearnedMessages } from '../../scan/index.ts';
import type { HostStatus } from '../../upstreams/index.ts';
import type { WorkerReport } from '../messages.ts';
import type { Statistics } from './statistics.ts';

/** What the program is. */
export interface About {
  readonly version: string;
  /** Another one for another configuration. */
  readonly configId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** All that can be told: what was counted, and what workers say of themselves now, by process id. */
export interface View {
  readonly about: About;
  readonly statistics: Statistics;
  /** Undefined of a worker that says nothing. */
  readonly reports: ReadonlyMap<number, WorkerReport | undefined>;
}

/** Actions in the order of the original; the first four are those of spam (rspamd: src/libmime/scan_result.h). */
const spamActions = ['reject', 'soft reject', 'rewrite subject', 'add header'] as const;
const hamActions = ['greylist', 'no action'] as const;

/** Messages by action: those of the original always, further ones where there were any. */
export function actionsOf({ statistics }: View): ReadonlyMap<string, number> {
  const { actions } = statistics.counts.scan;
  return new Map([
    ...[...spamActions, ...hamActions].map((name) => [name, actions.get(name) ?? 0] as const),
    ...actions,
  ]);
}

export function spamAndHam({ statistics }: View): { readonly spam: number; readonly ham: number } {
  const sum = (names: readonly string[], { actions }: { actions: Tally }): number =>
    names.reduce((total, name) => total + (actions.get(name) ?? 0), 0);
  return { spam: sum(spamActions, statistics.counts.scan), ham: sum(hamActions, statistics.counts.scan) };
}

/** Threads of all workers. */
export interface ThreadsNow {
  readonly threads: number;
  readonly busy: number;
  readonly running: number;
  readonly queued: number;
}

export function threadsOf({ reports }: View): ThreadsNow {
  const all = living(reports).flatMap(({ threads }) => threads ?? []);
  const sum = (name: keyof ThreadsNow): number => all.reduce((total, one) => total + one[name], 0);
  return { threads: sum('threads'), busy: sum('busy'), running: sum('running'), queued: sum('queued') };
}

/** What the classifier has learned: all workers have the same. */
export function learnedOf({ reports }: View): LearnedMessages | undefined {
  return living(reports).find(({ threads }) => threads?.learned !== undefined)?.threads?.learned;
}

/** A host of an upstream or mirror, as the workers see it. */
export interface HostNow {
  /** How many workers hold it for what. */
  readonly states: ReadonlyMap<HostStatus['state'], number>;
  readonly inflight: number;
  /** Mean of those that know it, milliseconds. */
  readonly latency: number | undefined;
}

/** By upstream or mirror, then by host. */
export function hostsOf({ reports }: View): ReadonlyMap<string, ReadonlyMap<string, HostNow>> {
  const groups = new Map<string, Map<string, HostStatus[]>>();
  for (const [group, statuses] of living(reports).flatMap(({ hosts }) => Object.entries(hosts))) {
    const hosts = groups.get(group) ?? new Map<string, HostStatus[]>();
    groups.set(group, hosts);
    for (const status of statuses) hosts.set(status.name, [...(hosts.get(status.name) ?? []), status]);
  }
  return new Map(
    [...groups].map(([name, hosts]) => [name, new Map([...hosts].map(([host, all]) => [host, together(all)]))]),
  );
}

function together(all: readonly HostStatus[]): HostNow {
  const states = new Map<HostStatus['state'], number>();
  for (const { state } of all) states.set(state, (states.get(state) ?? 0) + 1);
  return {
    states,
    inflight: all.reduce((sum, one) => sum + one.inflight, 0),
    latency: mean(all.flatMap(({ latency }) => latency ?? [])),
  };
}

/** A symbol that was found, or could be. */
export interface SymbolNow {
  readonly name: string;
  readonly weight: number;
  readonly hits: number;
  /** Mean of what it weighed in messages that had it. */
  readonly score: number;
  /** Messages a second. */
  readonly frequency: number;
  readonly deviation: number;
  /** Seconds that its rule takes, what it waits for included. */
  readonly time: number;
}

export function symbolsOf({ statistics, reports }: View): SymbolNow[] {
  const { hits, scores, timedRuns, timedSeconds } = statistics.counts.scan;
  const known = new Map(
    living(reports).flatMap(({ symbols }) => symbols.map((symbol) => [symbol.name, symbol] as const)),
  );
  return [...new Set([...known.keys(), ...hits.keys()])].sort().map((name) => {
    const symbol = known.get(name);
    const found = hits.get(name) ?? 0;
    const runs = timedRuns.get(symbol?.rule ?? '') ?? 0;
    const { mean: frequency, stddev: deviation } = statistics.rates.of(name);
    return {
      name,
      weight: symbol?.weight ?? 0,
      hits: found,
      score: found === 0 ? 0 : (scores.get(name) ?? 0) / found,
      frequency,
      deviation,
      time: runs === 0 ? 0 : (timedSeconds.get(symbol?.rule ?? '') ?? 0) / runs,
    };
  });
}

export function living(reports: View['reports']): WorkerReport[] {
  return [...reports.values()].filter((report) => report !== undefined);
}

/** Undefined for nothing. */
export function mean(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
