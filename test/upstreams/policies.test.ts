import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Attempt } from '../../src/upstreams/index.ts';
import { tokenBucketOf } from '../../src/upstreams/limits.ts';
import { Bench, positionOf, shares } from './support.ts';

const picks = 100_000;
const none: ReadonlySet<number> = new Set();

/** hosts, how many messages, where they go: as seen on a running 4.1.6. */
const orders: ReadonlyArray<readonly [hosts: string, expected: string]> = [
  ['a,b,c', '1 2 3 1 2 3 1 2 3 1 2 3 1 2 3 1'],
  ['a:1:3,b:1:2,c:1:1', '1 1 2 1 2 3 1 1 2 1 2 3 1 1 2 1'],
  ['a:1:2,b:1:2', '1 2 1 2 1 2 1 2'],
  ['a:1:5,b:1:1,c:1:2', '1 1 1 1 3 1 2 3 1 1 1 1 3 1 2 3'],
  ['a:1:2,b,c:1:1', '1 1 3 1 1 3 1 1 3 1 1 3 1 1 3 1'],
  ['master-slave:a,b,c', '1 1 1 1 1 1 1 1'],
  ['master-slave:a:1:1,b:1:10', '2 2 2 2 2 2 2 2'],
  ['master-slave:a,b:1:10,c', '2 2 2 2 2 2 2 2'],
  ['a', '1 1 1 1'],
];

/** Names without a resolver: numeric addresses in the place of letters. */
function numeric(hosts: string): string {
  return hosts.replace(/\b([a-h])\b/g, (letter) => `10.0.0.${letter.charCodeAt(0)}`);
}

for (const [hosts, expected] of orders) {
  test(`order of ${hosts}`, () => {
    const wanted = expected.split(' ').map(Number);
    assert.deepEqual(new Bench(numeric(hosts)).order(wanted.length), wanted);
  });
}

test('round robin: a message that failed goes on in turn, the next message too', () => {
  const bench = new Bench(numeric('a,b,c'));
  for (let message = 0; message < 3; message++)
    assert.deepEqual(bench.message(new Set([1, 2]), 3), { tried: [1, 2, 3], ok: true });
});

test('round robin: hosts without weight stand by while weighted ones can be used', () => {
  const bench = new Bench(numeric('a:1:2,b,c'));
  assert.deepEqual(bench.message(new Set([1])), { tried: [1, 2], ok: true });
  assert.deepEqual(bench.message(new Set([1, 2])), { tried: [1, 2, 3], ok: true });
});

test('master-slave: a slave takes what the master failed, and only that', () => {
  const bench = new Bench(numeric('master-slave:a:1:5,b:1:3,c:1:1'));
  assert.deepEqual(bench.message(new Set([1])), { tried: [1, 2], ok: true });
  assert.deepEqual(bench.message(new Set([1, 2])), { tried: [1, 2, 3], ok: true });
  assert.deepEqual(bench.message(none), { tried: [1], ok: true });
});

test('master-slave: slaves without weights take turns', () => {
  const bench = new Bench(numeric('master-slave:a,b,c'));
  const used = Array.from({ length: 4 }, () => bench.message(new Set([1])).tried[1]);
  assert.deepEqual(used.slice(0, 2).sort(), [2, 3]);
});

test('weights are honoured within 2 % over 100,000 picks', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(weights, fc.constantFrom('', 'random:'), (given, prefix) => {
      const bench = new Bench(prefix + given.map((weight, at) => `10.0.0.${at + 1}:1:${weight}`).join(','));
      const total = given.reduce((sum, weight) => sum + weight, 0);
      const got = shares(bench.order(picks, {}, 20), given.length);
      for (const [at, weight] of given.entries())
        assert.ok(Math.abs((got[at] as number) - weight / total) < 0.02, `${prefix}${given}: ${got}`);
    }),
    { numRuns: 6 },
  );
});

test('hash: weights are honoured within the evenness of the ring, the same client stays', () => {
  const bench = new Bench('hash:10.0.0.1:1:1,10.0.0.2:1:2,10.0.0.3:1:5');
  const random = bench.random;
  const address = (): string => [1, 2, 3, 4].map(() => Math.floor(random() * 256)).join('.');
  const positions = Array.from({ length: 20_000 }, () => {
    const client = { kind: 'inet', address: address(), port: 1 } as const;
    const [first, again] = bench.order(2, { client });
    assert.equal(first, again);
    return first as number;
  });
  const got = shares(positions, 3);
  for (const [at, weight] of [1, 2, 5].entries())
    assert.ok(Math.abs((got[at] as number) - weight / 8) < 0.05, `${got}`);
});

test('hash: a retry goes to another host, the next message back home', () => {
  const bench = new Bench(numeric('hash:a,b,c'));
  const client = { kind: 'inet', address: '192.0.2.7', port: 25 } as const;
  const home = bench.order(1, { client })[0] as number;
  const { tried, ok } = bench.message(new Set([home]), 5, { client });
  assert.equal(ok, true);
  assert.equal(tried[0], home);
  assert.notEqual(tried[1], home);
  assert.deepEqual(bench.order(3, { client }), [home, home, home]);
});

test('hash without a client spreads as random does', () => {
  for (const got of shares(new Bench(numeric('hash:a,b,c')).order(9_000), 3)) assert.ok(Math.abs(got - 1 / 3) < 0.03);
});

test('random: hosts of equal speed share evenly', () => {
  const bench = new Bench(numeric('random:a,b,c,d'));
  const positions: number[] = [];
  for (let message = 0; message < 20_000; message++) {
    const attempt = bench.pick() as Attempt;
    bench.now += 50 + 40 * bench.random();
    bench.report(attempt, 'ok');
    positions.push(positionOf(attempt));
  }
  for (const got of shares(positions, 4)) assert.ok(Math.abs(got - 0.25) < 0.08, `${got}`);
});

test('random: a host that is ten times slower gets a small part, and its share again when it is fast', () => {
  const bench = new Bench(numeric('random:a,b,c'));
  const flight: { attempt: Attempt; until: number }[] = [];
  let slowUntil = 120_000;
  const run = (until: number): number[] => {
    const positions: number[] = [];
    for (; bench.now < until; bench.now += 10) {
      for (const { attempt } of flight.filter((one) => one.until <= bench.now)) bench.report(attempt, 'ok');
      flight.splice(0, flight.length, ...flight.filter((one) => one.until > bench.now));
      const attempt = bench.pick() as Attempt;
      const took = positionOf(attempt) === 1 && bench.now < slowUntil ? 1_000 : 100;
      flight.push({ attempt, until: bench.now + took });
      positions.push(positionOf(attempt));
    }
    return positions;
  };
  const [slowShare = 1] = shares(run(120_000), 3);
  assert.ok(slowShare < 0.15, `slow: ${slowShare}`);
  slowUntil = 0;
  run(300_000);
  const [share = 0] = shares(run(400_000), 3);
  assert.ok(share > 0.2, `fast again: ${share}`);
});

test('random: hosts that differ by a little share evenly all the same', () => {
  const bench = new Bench(numeric('random:a,b'));
  const positions = Array.from({ length: 2_000 }, () => {
    const attempt = bench.pick() as Attempt;
    bench.now += positionOf(attempt) === 1 ? 100 : 115;
    bench.report(attempt, 'ok');
    return positionOf(attempt);
  });
  for (const share of shares(positions, 2)) assert.ok(share > 0.45, `${share}`);
});

test('random: one slow answer is not held against a host for ever', () => {
  const bench = new Bench(numeric('random:a,b'));
  bench.order(20, {}, 100);
  bench.member(1).latency = 60_000;
  assert.deepEqual(new Set(bench.order(100, {}, 100)), new Set([2]));
  bench.now += 60_000;
  const [share = 0] = shares(bench.order(3_000, {}, 100), 2);
  assert.ok(share > 0.4, `${share}`);
});

test('random: nobody is flooded before the first answer', () => {
  const bench = new Bench(numeric('random:a,b'));
  const positions = Array.from({ length: 100 }, () => positionOf(bench.pick() as Attempt));
  for (const share of shares(positions, 2)) assert.ok(share >= 0.4);
});

const bucket = tokenBucketOf({});

test('token bucket: one after another to the first, side by side to all', () => {
  const bench = new Bench(numeric('a,b'), { tokenBucket: bucket });
  assert.deepEqual(bench.order(4, { bytes: 5_000 }), [1, 1, 1, 1]);
  const parallel = Array.from({ length: 8 }, () => positionOf(bench.pick({ bytes: 5_000 }) as Attempt));
  assert.deepEqual(parallel, [1, 2, 1, 2, 1, 2, 1, 2]);
});

test('token bucket: a large message weighs more than several small ones', () => {
  const bench = new Bench(numeric('a,b'), { tokenBucket: bucket });
  assert.equal(positionOf(bench.pick({ bytes: 100 * 1024 }) as Attempt), 1);
  const small = Array.from({ length: 10 }, () => positionOf(bench.pick({ bytes: 1024 }) as Attempt));
  assert.deepEqual(small, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
});

test('token bucket: who has lost its tokens to failures is passed over until they are back', () => {
  const bench = new Bench(numeric('a,b'), { tokenBucket: tokenBucketOf({ maxTokens: 30 }) });
  const down = new Set([1]);
  const first = Array.from({ length: 4 }, () => bench.message(down).tried[0]);
  assert.deepEqual(first, [1, 1, 1, 2]);
  bench.now += 11_000;
  assert.deepEqual(bench.order(1), [1]);
});

test('token bucket: below min_tokens a host counts as spent', () => {
  const spent = (minTokens: number): number[] => {
    const bench = new Bench(numeric('a,b'), {
      tokenBucket: tokenBucketOf({ maxTokens: 100, minTokens, baseCost: 20 }),
    });
    bench.message(new Set([1]));
    return bench.order(1);
  };
  assert.deepEqual(spent(1), [1]);
  assert.deepEqual(spent(90), [2]);
});

test('token bucket: tokens come back with every outcome, once', () => {
  const bench = new Bench(numeric('a,b'), { tokenBucket: bucket });
  fc.assert(
    fc.property(fc.array(fc.constantFrom('ok', 'fail', 'neutral'), { maxLength: 40 }), (outcomes) => {
      const attempts = outcomes.map(() => bench.pick({ bytes: 2048 }));
      for (const [at, outcome] of outcomes.entries()) {
        bench.now += 100;
        const attempt = attempts[at];
        if (attempt === undefined) continue;
        bench.report(attempt, outcome);
        bench.report(attempt, outcome);
      }
      for (const member of bench.list.members) {
        assert.equal(member.reserved, 0);
        assert.equal(member.inflight, 0);
        assert.ok(member.tokens >= 0 && member.tokens <= bucket.maxTokens);
      }
    }),
  );
});

test('token bucket: odd settings are mended as the original does', () => {
  const defaults = { maxTokens: 10_000, scale: 1024, minTokens: 1, baseCost: 10 };
  assert.deepEqual(tokenBucketOf({}), defaults);
  assert.deepEqual(tokenBucketOf({ maxTokens: 0, scale: 0 }), defaults);
  assert.deepEqual(tokenBucketOf({ maxTokens: 30, minTokens: 50, baseCost: 30 }), {
    maxTokens: 30,
    scale: 1024,
    minTokens: 30,
    baseCost: 15,
  });
});
