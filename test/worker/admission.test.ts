import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../src/message/log.ts';
import type { Peer } from '../../src/message/peer.ts';
import { Admission } from '../../src/worker/admission.ts';
import { countDeath, restartDelay } from '../../src/worker/back-off.ts';

const from = (address: string): Peer => ({ kind: 'inet', address, port: 1 });
const unix: Peer = { kind: 'unix', path: '/run/x' };

function admission(all: number, perSource: number) {
  const lines: string[] = [];
  const logger: Logger = { log: (_level, _module, _fn, _id, text) => lines.push(text), enabled: () => true };
  return { door: new Admission({ all, perSource }, logger), lines };
}

test('without limits everybody comes in', () => {
  const { door } = admission(0, 0);
  for (let n = 0; n < 100; n++) assert.ok(door.admit(from('192.0.2.1')));
});

test('a connection over the limit is dropped, and has its place when another one ends', () => {
  const { door, lines } = admission(2, 0);
  const leave = door.admit(from('192.0.2.1'));
  assert.ok(door.admit(unix));
  assert.equal(door.admit(from('192.0.2.2')), undefined);
  assert.deepEqual(lines, ['drop connection from 192.0.2.2: the limit of 2 simultaneous connections has been reached']);
  leave?.();
  assert.ok(door.admit(from('192.0.2.2')));
});

test('each source has its own limit, unix sockets have none', () => {
  const { door, lines } = admission(0, 1);
  const leave = door.admit(from('192.0.2.1'));
  assert.equal(door.admit(from('192.0.2.1')), undefined);
  assert.ok(door.admit(from('192.0.2.2')));
  assert.ok(door.admit(unix));
  assert.ok(door.admit(unix));
  assert.match(lines[0] ?? '', /the limit of 1 simultaneous connections per source/);
  leave?.();
  assert.ok(door.admit(from('192.0.2.1')));
});

test('a worker that keeps dying is started ever more slowly, one that lived gets a new chance', () => {
  let deaths = 0;
  const delays = Array.from({ length: 9 }, () => {
    deaths = countDeath(deaths, 100);
    return restartDelay(deaths);
  });
  assert.deepEqual(delays, [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(restartDelay(countDeath(deaths, 120_000)), 0);
});
