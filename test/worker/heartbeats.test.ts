import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Heartbeats } from '../../src/worker/heartbeats.ts';

test('missing signs of life are told, and too many of them end the worker', (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const lines: string[] = [];
  let ended = 0;
  const logger = { log: (...line: string[]) => lines.push(line.at(-1) as string), enabled: () => true };
  const heartbeats = new Heartbeats({ interval: 1000, lossMax: 2 }, logger, 'worker 7', () => ended++);
  mock.timers.tick(1000);
  heartbeats.beat();
  mock.timers.tick(1000);
  mock.timers.tick(1000);
  heartbeats.beat();
  mock.timers.tick(1000);
  assert.deepEqual(lines, [
    'lost heartbeat from worker 7, 1 lost in a row',
    'worker 7 shows signs of life again after 1 were missing',
  ]);
  for (let n = 0; n < 3; n++) mock.timers.tick(1000);
  assert.equal(ended, 1);
  assert.equal(lines.at(-1), 'worker 7 gives no sign of life; ending it');
  heartbeats.stop();
});
