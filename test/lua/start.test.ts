import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lua } from '../../src/lua/index.ts';
import { cpuTime } from '../support/cpu-time.ts';

test('a fresh state costs little', { timeout: 60_000 }, () => {
  const once = (): number => {
    const start = cpuTime();
    new Lua().run('return 1', '=start');
    return cpuTime() - start;
  };
  once();
  const times = Array.from({ length: 20 }, once).sort((a, b) => a - b);
  assert.ok((times[0] ?? Number.NaN) < 10, `the fastest took ${times[0]} ms`);
});
