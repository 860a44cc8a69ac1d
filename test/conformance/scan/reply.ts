import { isDeepStrictEqual } from 'node:util';
import type { ExpectedReply } from './corpus.ts';

/** A reply of Rspamd or of ours, as JSON. */
export type Reply = Readonly<Record<string, unknown>>;

/** Compared elsewhere, or different in each scan. */
const elsewhere = new Set(['_test', 'symbols', 'action', 'score', 'time_real']);

/** Lists that are sets. */
const sets = new Set(['urls', 'emails']);

/** Parts of a reply that are not the same, beside action, score and symbols. */
export function otherParts(expected: Reply, ours: Reply): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(ours)]);
  return [...names].filter((name) => {
    if (elsewhere.has(name)) return false;
    const [theirs, own] = [expected[name], ours[name]].map((value) => comparable(name, value));
    return !isDeepStrictEqual(theirs, own);
  });
}

function comparable(name: string, value: unknown): unknown {
  if (sets.has(name) && Array.isArray(value)) return value.map((one) => JSON.stringify(one)).sort();
  if (name === 'groups') return groupsOf(value);
  return value;
}

/** Descriptions of groups are not compared; scores to within 0.001. */
function groupsOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const groups = Object.entries(value as Readonly<Record<string, { readonly score: number }>>);
  return new Map(groups.map(([name, { score }]) => [name, score.toFixed(3)]));
}

/** What scanning without `Pass: all` comes to, where that differs. */
export function defaultMode(expected: ExpectedReply, ours: Reply, all: Reply): string | undefined {
  const wanted = expected._test?.default_mode;
  const own = new Set(Object.keys((ours['symbols'] ?? {}) as object));
  const missing = Object.keys((all['symbols'] ?? {}) as object).filter((name) => !own.has(name));
  const parts = [
    ours['action'] === (wanted?.action ?? all['action']) ? '' : `action ${ours['action']}`,
    Math.abs(Number(ours['score']) - (wanted?.score ?? Number(all['score']))) <= 0.001 ? '' : `score ${ours['score']}`,
    isDeepStrictEqual(missing.sort(), [...(wanted?.not_inserted ?? [])].sort()) ? '' : `without ${missing.join(' ')}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? undefined : parts.join('; ');
}
