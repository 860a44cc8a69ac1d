import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** One run of a workload: what its chunk is called with. */
export interface Job {
  readonly source: string;
  readonly count: number;
}

export interface Measurement {
  /** Processor time of the measured calls in milliseconds, warm-up not counted. */
  readonly ms: number;
  readonly checksum: string;
}

export interface Engine {
  readonly name: string;
  /** Share of a workload's count that it gets, so that slow ones take no longer than the others. */
  readonly share: number;
  /** Program and arguments; the job's Lua text comes on its standard input. */
  readonly command: readonly [string, ...string[]];
  readonly text: (job: Job) => string;
}

/** Processor time counts, not the clock's: other work on the machine does not disturb it. The first call warms up. */
const timed = ({ source, count }: Job): string => `
local clock = bench and bench.clock or os.clock
local run = (function() ${source} end)()
run(${Math.max(1, Math.round(count / 10))})
local start = clock()
local checksum = run(${count})
print(string.format("%.3f %.4f", (clock() - start) * 1000, checksum))`;

const child = join(import.meta.dirname, 'child.js');
const inNode = (name: string): [string, ...string[]] => [process.execPath, child, name];

export const engines: readonly Engine[] = [
  { name: 'rspamd-proxy', share: 1, command: inNode('ours'), text: timed },
  { name: 'luajit -joff', share: 1, command: ['luajit', '-joff', '-'], text: timed },
  { name: 'lua5.1', share: 1, command: ['lua5.1', '-'], text: timed },
  { name: 'fengari', share: 0.05, command: inNode('fengari'), text: timed },
  { name: 'lua-in-js', share: 0.1, command: inNode('lua-in-js'), text: timed },
];

/** Runs a job in a fresh process; the text says why there is no measurement. */
export function measure(engine: Engine, job: Job): Measurement | string {
  const [program, ...args] = engine.command;
  const { status, stdout, stderr, error } = spawnSync(program, args, { input: engine.text(job), encoding: 'latin1' });
  if (error !== undefined) return 'code' in error && error.code === 'ENOENT' ? 'not installed' : error.message;
  const [ms, checksum] = stdout.trim().split(' ');
  if (status !== 0 || ms === undefined || checksum === undefined) {
    return stderr.split('\n').find((line) => /^\w*Error\b|: /.test(line)) ?? 'failed';
  }
  return { ms: Number(ms), checksum };
}
