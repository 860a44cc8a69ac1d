import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines, type Timed } from '../../src/message/deadlines.ts';
import { newSessionId } from '../../src/message/session-id.ts';

const after = (ms: number, expire: () => void): Timed => ({ deadline: performance.now() + ms, expire });

test('an entry expires once and not before its moment; a removed one never', { timeout: 60_000 }, async () => {
  const deadlines = new Deadlines(5);
  const gone = after(10, () => assert.fail('a removed entry expired'));
  let early = 0;
  const started = performance.now();
  await new Promise<void>((done) => {
    deadlines.add(after(20, () => early++));
    deadlines.add(gone);
    deadlines.delete(gone);
    deadlines.add(after(60, done));
    // The list does not keep a process alive by itself.
    setTimeout(() => {}, 1000).unref();
    const alive = setInterval(() => deadlines.size === 0 && clearInterval(alive), 5);
  });
  assert.equal(early, 1);
  assert.ok(performance.now() - started >= 60);
  assert.equal(deadlines.size, 0);
});

test('an entry may be moved while it waits, and the list works again after it was empty', {
  timeout: 60_000,
}, async () => {
  const deadlines = new Deadlines(5);
  for (let round = 0; round < 2; round++) {
    const started = performance.now();
    await new Promise<void>((done) => {
      const moved = after(5, done);
      deadlines.add(moved);
      moved.deadline += 50;
      const alive = setInterval(() => deadlines.size === 0 && clearInterval(alive), 5);
    });
    assert.ok(performance.now() - started >= 55);
    await new Promise((done) => setTimeout(done, 20));
  }
});

test('session ids are 16 hex digits, each once', () => {
  const ids = new Set(Array.from({ length: 5000 }, newSessionId));
  assert.equal(ids.size, 5000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
});
