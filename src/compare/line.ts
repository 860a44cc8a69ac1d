import type { Compared, Comparison } from '../message/comparison.ts';
import { type Difference, differenceOf, rounded } from './difference.ts';
import { type Summary, shown, summarise } from './summary.ts';

/** One line of the comparison log; docs/mirrors.md explains it. */
export interface ComparisonLine {
  /** Seconds since the epoch. */
  readonly ts: number;
  readonly id: string;
  readonly queue_id?: string;
  readonly message_id?: string;
  readonly master: ResultLine;
  readonly mirrors: Readonly<Record<string, MirrorLine>>;
}

export interface ResultLine {
  readonly action: string | null;
  readonly score: number | null;
  readonly ms: number;
  readonly symbols: Readonly<Record<string, number>>;
  /** Symbols that are not listed because there are too many. */
  readonly symbols_left_out?: number;
}

export type MirrorLine =
  | (ResultLine & { readonly same: boolean; readonly diff?: Difference })
  | { readonly error: string; readonly ms: number };

const noResult: Exclude<Compared, string> = { value: {}, encoding: 'utf8' };

export function comparisonLine({ sessionId, when, queueId, results, times }: Comparison): ComparisonLine {
  const time = (name: string): number => rounded(times.get(name) ?? 0);
  const given = results.get('master');
  const master = summarise(typeof given === 'object' ? given : noResult);
  const mirrors = [...results].filter(([name]) => name !== 'master');
  return {
    ts: when / 1000,
    id: sessionId,
    ...(queueId !== undefined && { queue_id: shown(queueId, 'latin1') }),
    ...(master.messageId !== undefined && { message_id: master.messageId }),
    master: resultLine(master, time('master')),
    mirrors: Object.fromEntries(
      mirrors.map(([name, one]) => [shown(name, 'latin1'), mirrorLine(master, one, time(name))]),
    ),
  };
}

function mirrorLine(master: Summary, given: Compared, ms: number): MirrorLine {
  if (typeof given === 'string') return { error: given, ms };
  const mirror = summarise(given);
  const diff = differenceOf(master, mirror);
  return { same: diff === undefined, ...resultLine(mirror, ms), ...(diff !== undefined && { diff }) };
}

function resultLine({ action, score, symbols, leftOut }: Summary, ms: number): ResultLine {
  return {
    action: action ?? null,
    score: score === undefined ? null : rounded(score),
    ms,
    symbols: Object.fromEntries([...symbols].map(([name, value]) => [name, rounded(value)])),
    ...(leftOut > 0 && { symbols_left_out: leftOut }),
  };
}
