import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientKey, ReplayGuard } from '../../../src/wire/crypt/index.ts';

test('the client key lives for rotate_time plus a random part of the same length', () => {
  let now = 1000;
  let part = 0;
  const keys = new ClientKey({ rotateTime: 120, clock: () => now, random: () => part });
  const first = keys.get();
  now += 119_999;
  assert.equal(keys.get(), first);
  now += 1;
  part = 0.5;
  const second = keys.get();
  assert.notDeepEqual(second.publicKey.bytes, first.publicKey.bytes);
  now += 179_999;
  assert.equal(keys.get(), second);
  now += 1;
  assert.notEqual(keys.get(), second);
});

test('a key that nobody asked for in time is replaced when it is asked for', () => {
  let now = 0;
  const keys = new ClientKey({ rotateTime: 1, clock: () => now, random: () => 0 });
  const first = keys.get();
  now = 1_000_000;
  const second = keys.get();
  assert.notEqual(second, first);
  assert.equal(keys.get(), second);
});

test('rotate_time = 0 makes a key per connection', () => {
  const keys = new ClientKey({ rotateTime: 0, clock: () => 0 });
  assert.notDeepEqual(keys.get().publicKey.bytes, keys.get().publicKey.bytes);
});

test('the replay guard remembers between one and two generations, and no more', () => {
  const guard = new ReplayGuard(100);
  for (let at = 0; at < 1000; at++) {
    assert.equal(guard.seen(`n${at}`), false);
    guard.remember(`n${at}`);
    assert.ok(guard.size <= 200);
    for (let back = Math.max(0, at - 99); back <= at; back++) assert.equal(guard.seen(`n${back}`), true);
  }
  assert.equal(guard.seen('n0'), false);
});

test('a replay guard of size 0 remembers nothing', () => {
  const guard = new ReplayGuard(0);
  guard.remember('a');
  assert.equal(guard.seen('a'), false);
  assert.equal(guard.size, 0);
});
