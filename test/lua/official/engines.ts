import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface Outcome {
  readonly status: number | undefined;
  readonly output: string;
}

export type Run = (folder: string, file: string, ...args: string[]) => Outcome;

const limit = 60_000;

function run(program: string, args: readonly string[], folder: string): Outcome {
  const options = { cwd: folder, input: '', encoding: 'latin1', timeout: limit, maxBuffer: 1 << 28 } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  return { status: status ?? undefined, output: stdout + stderr };
}

/** Runs a Lua file in LuaJIT's interpreter. */
export const inLuaJit: Run = (folder, file, ...args) => run('luajit', ['-joff', file, ...args], folder);

const child = join(import.meta.dirname, 'child.js');

/** Runs a Lua file in our engine, in a process of its own as well. */
export const inOurs: Run = (folder, file, ...args) => run(process.execPath, [child, file, ...args], folder);
