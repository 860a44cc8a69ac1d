import type { Summary } from './summary.ts';

/** What a mirror found otherwise than the master; what is the same is left out. */
export interface Difference {
  /** From the master's to the mirror's; null where one has none. */
  readonly action?: readonly [master: string | null, mirror: string | null];
  /** Score of the mirror less that of the master. */
  readonly score?: number;
  /** Symbols with their scores. */
  readonly only_master?: Readonly<Record<string, number>>;
  readonly only_mirror?: Readonly<Record<string, number>>;
  /** Symbols of both whose scores differ. */
  readonly changed?: Readonly<Record<string, readonly [master: number, mirror: number]>>;
}

/** Undefined where nothing differs. */
export function differenceOf(master: Summary, mirror: Summary): Difference | undefined {
  const difference: Difference = {
    ...(master.action !== mirror.action && { action: [master.action ?? null, mirror.action ?? null] }),
    ...scoreDifference(master.score, mirror.score),
    ...named('only_master', missingIn(mirror.symbols, master.symbols)),
    ...named('only_mirror', missingIn(master.symbols, mirror.symbols)),
    ...named('changed', changedBetween(master.symbols, mirror.symbols)),
  };
  return Object.keys(difference).length === 0 ? undefined : difference;
}

/** Scores are sums of decimal fractions: below a thousandth they are the same. */
export const rounded = (score: number): number => Math.round(score * 1000) / 1000 || 0;

function scoreDifference(master = 0, mirror = 0): Pick<Difference, 'score'> {
  const score = rounded(mirror - master);
  return score === 0 ? {} : { score };
}

function named<K extends keyof Difference>(key: K, entries: Array<readonly [string, unknown]>): Difference {
  return entries.length === 0 ? {} : ({ [key]: Object.fromEntries(entries) } as Difference);
}

type Scores = ReadonlyMap<string, number>;

function missingIn(here: Scores, there: Scores): Array<readonly [string, number]> {
  return [...there].filter(([name]) => !here.has(name)).map(([name, score]) => [name, rounded(score)]);
}

function changedBetween(master: Scores, mirror: Scores): Array<readonly [string, readonly [number, number]]> {
  return [...master].flatMap(([name, score]) => {
    const other = mirror.get(name);
    if (other === undefined || rounded(other - score) === 0) return [];
    return [[name, [rounded(score), rounded(other)]] as const];
  });
}
