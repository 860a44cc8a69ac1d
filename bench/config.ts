import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildConfig, loadTree } from '../src/config/index.ts';
import type { Bench } from './main.ts';

/**
 * `configtest` of a whole tree beside rspamadm's, as processes, in turn: the start of Node is in it. rspamadm also loads
 * the Lua modules of a scanner, which the proxy has not.
 */
export const bench: Bench = {
  name: 'config',
  about: 'configtest of a whole tree beside rspamadm configtest; options: [TREE FOLDER] [ROUNDS]',
  run: async ([folder = '/etc/rspamd', rounds = '15']) => {
    const main = join(resolve(folder), 'rspamd.conf');
    if (!existsSync(main)) {
      console.error(`bench config: there is no ${main}; name a configuration folder`);
      return 2;
    }
    const variables = [`--var=CONFDIR=${resolve(folder)}`, `--var=LOCAL_CONFDIR=${resolve(folder)}`];
    const bin = join(import.meta.dirname, '../../bin/rspamd-proxy');
    const ours = () => timed(process.execPath, [bin, 'configtest', ...variables, '-c', main]);
    const theirs = () => timed('rspamadm', [...variables, 'configtest', '-c', main]);
    return compare(ours, theirs, main, resolve(folder), Number(rounds));
  },
};

function compare(ours: Run, theirs: Run, main: string, folder: string, rounds: number): number {
  const first = ours();
  if (first.status !== 0) {
    console.error(`bench config: configtest fails on ${main}:\n${first.stderr}`);
    return 1;
  }
  const pairs = Array.from({ length: rounds }, (_, round) =>
    round % 2 === 0 ? [ours(), theirs()] : [theirs(), ours()].reverse(),
  );
  const [own, other] = [0, 1].map((side) => pairs.map((pair) => pair[side]?.ms ?? Number.NaN));
  const report: Record<string, number | string> = {
    tree: main,
    rounds,
    'ours, median ms': round(median(own ?? [])),
    'ours, slowest ms': round(Math.max(...(own ?? []))),
  };
  if (theirs().status === undefined) report['rspamadm'] = 'not installed';
  else {
    report['rspamadm, median ms'] = round(median(other ?? []));
    report['ratio of pairs, median'] = round(median(pairs.map(([a, b]) => (a?.ms ?? 0) / (b?.ms ?? 1))));
  }
  report['reading and judging alone, first ms'] = round(inProcess(main, folder));
  report['reading and judging alone, warm ms'] = round(
    median(Array.from({ length: rounds }, () => inProcess(main, folder))),
  );
  console.log(JSON.stringify(report, undefined, 2));
  return 0;
}

interface Ran {
  readonly ms: number;
  /** Undefined when the program could not be started. */
  readonly status: number | undefined;
  readonly stderr: string;
}

type Run = () => Ran;

function timed(program: string, args: readonly string[]): Ran {
  const started = performance.now();
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  const ms = performance.now() - started;
  return { ms, status: error === undefined ? (status ?? -1) : undefined, stderr: stderr ?? '' };
}

function inProcess(main: string, folder: string): number {
  const started = performance.now();
  const { root } = loadTree({
    file: main,
    vars: [
      ['CONFDIR', folder],
      ['LOCAL_CONFDIR', folder],
    ],
    env: process.env,
  });
  if (root !== undefined) buildConfig(root);
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
