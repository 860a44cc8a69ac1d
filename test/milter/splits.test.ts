import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slow } from '../support/project.ts';
import { Bench, connected, message, offer, packet, verdict, zero } from './support.ts';

/** A session with a bit of everything, answered in the same way each time. */
const wire = Buffer.concat([
  offer(),
  packet('D', `C${zero('j', 'mta.example.org', 'v', 'Postfix')}`),
  connected,
  packet('D', 'H'),
  packet('H', zero('helo.example.net')),
  packet('A'),
  packet('D', `M${zero('{auth_authen}', 'alice')}`),
  ...message({
    queueId: 'Q1',
    headers: [
      ['From', 'a'],
      ['X-Spam', 'x'],
    ],
  }),
]);

async function run(pieces: readonly Buffer[]): Promise<string> {
  const bench = new Bench();
  for (const piece of pieces) bench.session.receive(piece);
  await bench.answer(
    verdict({ action: 'add header', milter: { remove_headers: { From: 0 }, add_headers: { A: 'b' } } }),
  );
  const { headers, body } = bench.lastRequest;
  return JSON.stringify([bench.bytes().toString('hex'), headers.flat, body.toString('latin1')]);
}

test('a session is the same wherever its bytes are split', { timeout: 60_000 }, async () => {
  const whole = await run([wire]);
  for (let at = 1; at < wire.length; at++)
    assert.equal(await run([wire.subarray(0, at), wire.subarray(at)]), whole, `${at}`);
});

test('a session is the same in pieces of any size', { timeout: 60_000 }, async () => {
  const whole = await run([wire]);
  for (const size of slow ? Array.from({ length: 200 }, (_, n) => n + 1) : [1, 2, 3, 5, 7, 11, 64, 100]) {
    const pieces = Array.from({ length: Math.ceil(wire.length / size) }, (_, n) =>
      wire.subarray(n * size, (n + 1) * size),
    );
    assert.equal(await run(pieces), whole, `${size}`);
  }
});
