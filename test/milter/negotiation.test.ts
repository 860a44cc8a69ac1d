import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, connected, message, offer, packet, uint32, verdict, zero } from './support.ts';

const answers: ReadonlyArray<readonly [string, Buffer, readonly [number, number, number]]> = [
  ['Postfix and Sendmail', offer(6, 0x1ff, 0x1fffff), [6, 0x1ff, 0xff080]],
  ['a newer MTA', offer(100, 0x1ff, 0x1fffff), [6, 0x1ff, 0xff080]],
  ['a limited MTA', offer(6, 0x1f, 0x7f), [6, 0x1f, 0]],
  ['an MTA that lets some steps go without a reply', offer(6, 0x3f, 0x1080), [6, 0x3f, 0x1080]],
  ['version 2', offer(2, 0x3f, 0x7f), [2, 0x3f, 0]],
  ['version 5', offer(5, 0x3f, 0x3ff), [5, 0x3f, 0x80]],
  ['an MTA that offers what is not defined', offer(6, 0xffffffff, 0xffffffff), [6, 0x1ff, 0xff080]],
  ['an MTA that offers nothing', offer(6, 0, 0), [6, 0, 0]],
];

for (const [who, offered, expected] of answers)
  test(`the answer to ${who} is a subset of the offer`, () => {
    assert.deepEqual(new Bench().send(offered).bytes(), packet('O', uint32(...expected)));
  });

test('the space before header values is asked for only where the option says so', () => {
  assert.deepEqual(new Bench({ leadingSpace: true }).send(offer()).bytes(), packet('O', uint32(6, 0x1ff, 0x1ff080)));
  const without = new Bench({ leadingSpace: true }).send(offer(6, 0x1ff, 0xfffff));
  assert.deepEqual(without.bytes(), packet('O', uint32(6, 0x1ff, 0xff080)));
});

for (const [what, bad] of [
  ['version 1', offer(1)],
  ['version 0', offer(0)],
  ['a short offer', packet('O', uint32(6, 1))],
  ['a long offer', packet('O', uint32(6, 1, 1, 1))],
] as const)
  test(`${what} closes the connection with a line in the log`, () => {
    const bench = new Bench().send(bad);
    assert.equal(bench.closed, true);
    assert.equal(bench.bytes().length, 0);
    assert.match(
      bench.lines.at(-1)?.text ?? '',
      /abnormally closing .* (invalid protocol version|invalid optneg command)/,
    );
  });

test('each step without an agreed no-reply bit gets a continue', async () => {
  const bench = new Bench().send(offer(2, 0x3f, 0x7f), connected, packet('H', zero('x')));
  bench.send(packet('D', `M${zero('i', '1')}`), message(), packet('A'));
  assert.equal(bench.letters(), `O${'c'.repeat(8)}`, 'C H M R T L N B; neither D nor E nor A');
  assert.equal(bench.writes, 2);
  bench.send(packet('U', zero('XFOO')), message());
  await bench.answer();
  assert.equal(bench.letters(), `${'c'.repeat(7)}a`, 'U M R T L N B, then the verdict');
});

test('a step with an agreed bit gets none', () => {
  const bench = new Bench().send(offer(6, 0x1ff, 0x80 | 0x80000));
  bench.bytes();
  bench.send(connected, packet('L', zero('a', 'b')), packet('B', 'x'), packet('N'));
  assert.equal(bench.letters(), 'cc', 'C and N');
});

test('an MTA that never negotiates is served as the original serves it', async () => {
  const bench = new Bench().send(connected, message());
  await bench.answer(verdict({ milter: { add_headers: { A: 'b' }, change_from: 'c@example.org' } }));
  assert.equal(bench.letters(), 'ha', 'change_from needs a bit that only a negotiation can give');
});

test('a second negotiation replaces the first', () => {
  const bench = new Bench().send(offer(6, 0x1f, 0), offer());
  assert.equal(bench.letters(), 'OO');
  assert.equal(bench.send(connected).letters(), '');
});
