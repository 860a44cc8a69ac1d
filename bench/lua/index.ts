import type { Bench } from '../main.ts';
import { type Engine, engines, type Measurement, measure } from './engines.ts';
import { startUp } from './start-up.ts';
import { type Workload, workloads } from './workloads.ts';

const ours = engines[0] as Engine;

/**
 * Our engine beside LuaJIT's interpreter, PUC Lua and the other engines in JavaScript: every run is a process, the
 * engines take turns, and what is compared is the median over the rounds of the time for the same work.
 */
export const bench: Bench = {
  name: 'lua',
  about: 'the Lua engine beside luajit -joff, lua5.1, fengari and lua-in-js; options: [ROUNDS] [PART OF A WORKLOAD]',
  run: async ([rounds = '5', part = '']) => {
    const chosen = workloads.filter((one) => one.name.includes(part));
    const ratios = new Map<Engine, number[]>();
    for (const workload of chosen) {
      const row = compare(workload, Number(rounds));
      console.log(JSON.stringify(row.shown));
      for (const [engine, ratio] of row.ratios) ratios.set(engine, [...(ratios.get(engine) ?? []), ratio]);
    }
    const means = [...ratios].map(([engine, list]) => [engine.name, round(geometricMean(list))]);
    console.log(JSON.stringify({ 'our time by theirs, geometric mean': Object.fromEntries(means) }));
    console.log(JSON.stringify(startUp()));
    return 0;
  },
};

interface Row {
  readonly shown: Readonly<Record<string, unknown>>;
  /** Our time by theirs. */
  readonly ratios: ReadonlyArray<readonly [Engine, number]>;
}

function compare({ name, source, count }: Workload, rounds: number): Row {
  const times = new Map<Engine, number[]>();
  const notes: Record<string, string> = {};
  let checksum: string | undefined;
  for (let at = 0; at < rounds; at++) {
    for (const engine of turn(engines, at)) {
      if (notes[engine.name] !== undefined) continue;
      const share = Math.max(2, Math.round(count * engine.share));
      const got: Measurement | string = measure(engine, { source, count: share });
      if (typeof got === 'string') {
        notes[engine.name] = got;
        continue;
      }
      times.set(engine, [...(times.get(engine) ?? []), (got.ms * count) / share]);
      if (share !== count) continue;
      checksum ??= got.checksum;
      if (checksum !== got.checksum) throw new Error(`${name}: ${engine.name} comes to another result`);
    }
  }
  const medians = [...times].map(([engine, list]) => [engine, median(list)] as const);
  const own = medians.find(([engine]) => engine === ours)?.[1];
  if (own === undefined) throw new Error(`${name}: our own engine failed: ${notes[ours.name]}`);
  const ratios = medians.flatMap(([engine, time]) => (engine === ours ? [] : [[engine, own / time] as const]));
  const shownMs = Object.fromEntries(medians.map(([engine, time]) => [engine.name, Math.round(time)]));
  const shownRatios = Object.fromEntries(ratios.map(([engine, ratio]) => [engine.name, round(ratio)]));
  return { shown: { workload: name, ms: shownMs, 'ours by theirs': shownRatios, ...notes }, ratios };
}

/** The list begun at another place each time. */
const turn = <T>(list: readonly T[], by: number): T[] => list.map((_, i) => list[(i + by) % list.length] as T);

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const geometricMean = (list: readonly number[]): number =>
  Math.exp(list.reduce((sum, one) => sum + Math.log(one), 0) / list.length);

const round = (n: number): number => Number(n.toPrecision(3));
