import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLuaJit, runOurs } from './oracle.ts';
import { type Program, program } from './programs.ts';

const isSlow = process.env['RSPAMD_PROXY_SLOW'] === '1';
const count = isSlow ? 20_000 : 480;
const batch = 120;

function compare(
  programs: readonly Program[],
  expected: readonly string[],
  got: readonly string[],
  form: string,
): void {
  programs.forEach(({ seed, kind, source }, i) => {
    if (expected[i] === got[i]) return;
    assert.fail(`seed ${seed} (${kind}, ${form}):\nluajit ${expected[i]}\nours   ${got[i]}\n${source}`);
  });
}

test(`${count} random programs come out as in LuaJIT`, { timeout: isSlow ? 3_600_000 : 300_000 }, (t) => {
  for (let first = 0; first < count; first += batch) {
    const programs = Array.from({ length: Math.min(batch, count - first) }, (_, i) => program(first + i));
    const sources = programs.map((one) => one.source);
    const expected = runLuaJit(sources);
    if (expected === undefined) {
      t.skip('luajit is not installed');
      return;
    }
    compare(programs, expected, runOurs(sources, false), 'on the stack');
    compare(programs, expected, runOurs(sources, true), 'inside a coroutine');
    compare(programs, expected, runOurs(sources, false, { stackCalls: 4 }), 'with little stack');
  }
});
