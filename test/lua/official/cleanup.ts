import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inLuaJit, inOurs, type Run } from './engines.ts';
import type { Row } from './main.ts';

/** Files that need C code, or LuaJIT's own view of machine code and C types. */
const leftOut =
  /^(lib\/ffi|common|sysdep)\/|unportable\/ffi|misc\/(api_call|catch_wrap|lightud|hook_active|tonumber_scan)\.lua$/;

/** Outcomes of the tests of the files that the suite's runner knows, by file and name. */
function indexed(run: Run, folder: string): Map<string, Map<string, boolean>> {
  const { output } = run(folder, 'test.lua', '-ffi');
  const files = new Map<string, Map<string, boolean>>();
  let last: (() => void) | undefined;
  for (const line of output.split('\n')) {
    const found = /^\[ *\d+\/\d+\] (?:(.*\.lua) --- )?(.*)$/.exec(line);
    if (found !== null) {
      const [, file = '', name = ''] = found;
      const tests = files.get(file) ?? new Map<string, boolean>();
      files.set(file, tests.set(name, true));
      last = () => tests.set(name, false);
    } else if (line !== '' && !/^\d+ passed/.test(line) && !line.startsWith('to run just')) {
      last?.(); // an error follows the name of its test
    }
  }
  return files;
}

/** Whether a file runs to its end without the runner. */
const alone = (run: Run, folder: string, file: string): string => (run(folder, file).status === 0 ? 'passes' : 'fails');

const passed = (tests: ReadonlyMap<string, boolean>): string =>
  `${[...tests.values()].filter(Boolean).length} of ${tests.size}`;

export function* cleanupRows(folder: string): Generator<Row> {
  const [luajit, ours] = [inLuaJit, inOurs].map((run) => indexed(run, folder)) as [
    ReturnType<typeof indexed>,
    ReturnType<typeof indexed>,
  ];
  for (const [file, tests] of luajit) {
    if (leftOut.test(file)) continue;
    const own = ours.get(file) ?? new Map<string, boolean>();
    const differing = [...tests].filter(([name, holds]) => own.get(name) !== holds).map(([name]) => name);
    yield { file, luajit: passed(tests), ours: passed(own), differences: differing.join(', ') };
  }
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const file of all) {
    if (!file.endsWith('.lua') || file === 'test.lua' || luajit.has(file) || leftOut.test(file)) continue;
    if (readFileSync(join(folder, file), 'latin1').includes('do --- ')) continue; // not for this dialect
    const [theirs, own] = [alone(inLuaJit, folder, file), alone(inOurs, folder, file)];
    yield { file, luajit: theirs, ours: own, differences: theirs === own ? '' : 'outcome' };
  }
}
