import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Attempt } from '../../src/upstreams/index.ts';
import { limitsOf } from '../../src/upstreams/limits.ts';
import { Bench, positionOf, quick } from './support.ts';

const two = '10.0.0.1,10.0.0.2';
const three = '10.0.0.1,10.0.0.2,10.0.0.3';
const none: ReadonlySet<number> = new Set();

/** Lets the host at `position` fail so many messages, fewer if it dies before; the others answer theirs. */
function fail(bench: Bench, position: number, times: number): void {
  for (let left = times; left > 0 && bench.member(position).health.is === 'alive'; ) {
    const attempt = bench.pick() as Attempt;
    const hit = positionOf(attempt) === position;
    bench.report(attempt, hit ? 'fail' : 'ok');
    if (hit) left--;
  }
}

test('max_errors failures in a row kill a host, fewer do not', () => {
  const bench = new Bench(two);
  fail(bench, 1, 3);
  assert.equal(bench.member(1).health.is, 'alive');
  fail(bench, 1, 1);
  assert.equal(bench.member(1).health.is, 'dead');
  assert.deepEqual(bench.events, [{ is: 'down', member: bench.member(1), errors: 4, over: 0 }]);
  assert.deepEqual(bench.order(5), [2, 2, 2, 2, 2]);
});

test('max_errors is as configured, 0 and absence mean the default', () => {
  for (const [maxErrors, needed] of [
    [1, 1],
    [7, 7],
    [0, 4],
    [undefined, 4],
  ] as const) {
    const bench = new Bench(two, { limits: limitsOf({ maxErrors }) });
    fail(bench, 1, needed - 1);
    assert.equal(bench.member(1).health.is, 'alive', `${maxErrors}`);
    fail(bench, 1, 1);
    assert.equal(bench.member(1).health.is, 'dead', `${maxErrors}`);
  }
});

test('failures in a row count however far apart they are', () => {
  const bench = new Bench(two);
  for (let failure = 0; failure < 4; failure++) {
    fail(bench, 1, 1);
    bench.now += 120_000;
  }
  assert.equal(bench.member(1).health.is, 'dead');
});

test('an answer in between starts the count anew', () => {
  const bench = new Bench('10.0.0.1,10.0.0.2');
  for (let round = 0; round < 10; round++) {
    fail(bench, 1, 3);
    bench.order(2);
    bench.now += 10_000;
  }
  assert.equal(bench.member(1).health.is, 'alive');
});

test('a host that fails more often than it answers dies although it answers now and then', () => {
  const bench = new Bench(two);
  for (let round = 0; round < 3; round++) {
    fail(bench, 1, 2);
    bench.order(2);
    bench.now += 1_000;
  }
  assert.equal(bench.member(1).health.is, 'dead');
});

test('requests that break together are one failure', () => {
  const bench = new Bench(two);
  const flight = Array.from({ length: 100 }, () => bench.pick() as Attempt);
  bench.now += 5;
  for (const attempt of flight) bench.report(attempt, 'fail');
  assert.equal(bench.member(1).health.is, 'alive');
  assert.equal(bench.member(2).health.is, 'alive');
});

test('requests that time out one after another count each', () => {
  const bench = new Bench(two);
  const flight: Attempt[] = [];
  for (let message = 0; message < 20; message++) {
    flight.push(bench.pick() as Attempt);
    bench.now += 300;
  }
  const timeouts = flight.filter((attempt) => positionOf(attempt) === 1).slice(0, 4);
  for (const attempt of timeouts) {
    bench.now = attempt.startedAt + 120_000;
    bench.report(attempt, 'fail');
  }
  assert.equal(bench.member(1).health.is, 'dead');
});

test('neutral outcomes change nothing', () => {
  const bench = new Bench(two);
  fail(bench, 1, 3);
  for (let message = 0; message < 20; message++) bench.report(bench.pick() as Attempt, 'neutral');
  assert.equal(bench.member(1).health.is, 'alive');
  fail(bench, 1, 1);
  assert.equal(bench.member(1).health.is, 'dead');
});

test('a dead host gets one message after revive_time and at most 1.4 times that, and lives by its answer', () => {
  const bench = new Bench(two, { limits: quick });
  fail(bench, 1, 4);
  bench.now = 3_999;
  assert.deepEqual(bench.order(2), [2, 2]);
  bench.now = 5_601;
  const probe = bench.pick() as Attempt;
  assert.equal(positionOf(probe), 1);
  assert.equal(probe.probe, true);
  assert.deepEqual(bench.order(4), [2, 2, 2, 2], 'one at a time');
  bench.now += 100;
  assert.deepEqual(bench.report(probe, 'ok'), { is: 'up', member: bench.member(1), after: bench.now });
});

test('a trial that fails is repeated later and later, never beyond ten minutes', () => {
  const bench = new Bench(two);
  fail(bench, 1, 4);
  const waits: number[] = [];
  let before = bench.now;
  while (waits.length < 8) {
    bench.now += 1_000;
    const attempt = bench.pick() as Attempt;
    bench.report(attempt, positionOf(attempt) === 1 ? 'fail' : 'ok');
    if (positionOf(attempt) !== 1) continue;
    waits.push(bench.now - before);
    before = bench.now;
  }
  for (const [at, wait] of waits.entries()) {
    const base = Math.min(60_000 * 2 ** at, 600_000);
    assert.ok(wait >= base && wait <= base * 1.4 + 1_000, `${waits}`);
  }
});

test('a failed trial costs its message one attempt', () => {
  const bench = new Bench(two, { limits: quick });
  fail(bench, 1, 4);
  bench.now = 10_000;
  assert.deepEqual(bench.message(new Set([1])), { tried: [1, 2], ok: true });
  assert.deepEqual(bench.message(new Set([1])), { tried: [2], ok: true });
});

test('an abandoned trial may be repeated at once', () => {
  const bench = new Bench(two, { limits: quick });
  fail(bench, 1, 4);
  bench.now = 10_000;
  bench.report(bench.pick() as Attempt, 'neutral');
  assert.equal(positionOf(bench.pick() as Attempt), 1);
});

test('a message that cannot be tried again elsewhere is no trial, unless none other came for long', () => {
  const bench = new Bench(two, { limits: quick });
  fail(bench, 1, 4);
  bench.now = 6_000;
  assert.deepEqual(bench.message(new Set([1]), 1), { tried: [2], ok: true });
  bench.now = 10_000;
  assert.deepEqual(bench.message(new Set([1]), 1), { tried: [1], ok: false });
});

test('a host that came back gets its share little by little', () => {
  const bench = new Bench(two, { limits: limitsOf({}) });
  fail(bench, 1, 4);
  bench.now = 100_000;
  bench.message(none);
  assert.equal(bench.events.at(-1)?.is, 'up');
  const shareOf = (from: number): number => {
    let hits = 0;
    for (let message = 0; message < 2_000; message++) {
      bench.now = 100_000 + from + message;
      if (bench.order(1)[0] === 1) hits++;
    }
    return hits / 2_000;
  };
  const [early, middle, late] = [shareOf(0), shareOf(4_000), shareOf(11_000)];
  assert.ok(early > 0.01 && early < 0.2, `${early}`);
  assert.ok(middle > early && middle < 0.45, `${middle}`);
  assert.equal(late, 0.5);
});

test('a relapse soon after the recovery waits longer', () => {
  const bench = new Bench(two, { limits: quick });
  fail(bench, 1, 4);
  bench.now = 6_000;
  bench.message(none);
  bench.now = 7_000;
  fail(bench, 1, 4);
  bench.now = 7_000 + 7_900;
  assert.deepEqual(bench.order(2), [2, 2]);
  bench.now = 7_000 + 8_000 * 1.4 + 1;
  assert.equal(bench.order(1)[0], 1);
});

test('a late answer of a message sent before does not revive', () => {
  const bench = new Bench(two);
  const early = [bench.pick(), bench.pick()] as [Attempt, Attempt];
  fail(bench, 1, 4);
  for (const attempt of early) bench.report(attempt, 'ok');
  assert.equal(bench.member(1).health.is, 'dead');
});

test('what a trial says counts only for the death it was made in', () => {
  const bench = new Bench(two);
  killAll(bench, [1, 2]);
  bench.now = 10_000;
  const [slow, other] = [bench.pick(), bench.pick()] as [Attempt, Attempt];
  bench.now = 20_000;
  const quick = bench.pick() as Attempt;
  assert.equal(quick.member, slow.member);
  bench.report(quick, 'ok');
  bench.report(other, 'ok');
  killAll(bench, [1, 2]);
  bench.report(slow, 'ok');
  assert.equal(slow.member.health.is, 'dead');
  assert.ok(slow.member.health.is === 'dead' && slow.member.health.probes === 0);
});

test('the only host of a list gets every attempt, and the log hears of it', () => {
  for (const hosts of ['10.0.0.1', 'master-slave:10.0.0.1', 'random:10.0.0.1', 'hash:10.0.0.1', '/run/x.sock']) {
    const bench = new Bench(hosts);
    for (let message = 0; message < 5; message++)
      assert.deepEqual(bench.message(new Set([1]), 5), { tried: [1, 1, 1, 1, 1], ok: false });
    assert.deepEqual(bench.message(none), { tried: [1], ok: true });
    assert.deepEqual(
      bench.events.filter(({ is }) => is !== 'probe failed').map(({ is }) => is),
      ['down', 'up'],
    );
  }
});

test('retries go to hosts that have not failed this message, then to the one that failed first', () => {
  const bench = new Bench(three);
  assert.deepEqual(bench.message(new Set([1, 2, 3]), 5).tried, [1, 2, 3, 1, 2]);
});

test('when all are dead each is tried once a second, and the first answer brings mail back', () => {
  const bench = new Bench(two);
  killAll(bench, [1, 2]);
  const attempts = { failed: 0, refused: 0 };
  for (; bench.now < 30_000; bench.now += 50) {
    const { tried } = bench.message(new Set([1, 2]));
    attempts.failed += tried.length;
    if (tried.length === 0) attempts.refused++;
  }
  assert.ok(attempts.failed >= 50 && attempts.failed <= 62, `${attempts.failed}`);
  assert.ok(attempts.refused > 500);
  const back = bench.now;
  while (!bench.message(none).ok) bench.now += 50;
  assert.ok(bench.now - back <= 1_000, `${bench.now - back}`);
  while (bench.list.dead.length > 0) {
    bench.now += 50;
    bench.message(none);
  }
  assert.ok(bench.now - back <= 2_500, `the other one: ${bench.now - back}`);
});

test('when all are dead and hang, few messages wait for them', () => {
  const bench = new Bench(two);
  killAll(bench, [1, 2]);
  const start = bench.now;
  let waiting = 0;
  for (; bench.now < start + 60_000; bench.now += 20) if (bench.pick() !== undefined) waiting++;
  assert.ok(waiting <= 26, `${waiting}`);
});

/** All hosts of a list dead, at the present moment. */
function killAll(bench: Bench, positions: readonly number[]): void {
  while (bench.list.living.length > 0) bench.message(new Set(positions));
}

test('an outage of all does not lengthen the wait of those that stay dead afterwards', () => {
  const bench = new Bench(two);
  killAll(bench, [1, 2]);
  for (; bench.now < 60_000; bench.now += 500) bench.message(new Set([1, 2]));
  while (bench.list.living.length === 0) {
    bench.now += 500;
    bench.message(new Set([1]));
  }
  while (bench.events.at(-1)?.is !== 'probe failed') {
    bench.now += 500;
    bench.message(new Set([1]));
  }
  const { health } = bench.member(1);
  assert.ok(health.is === 'dead' && health.probeAt - bench.now <= 120_000 * 1.4);
});

test('when all are dead a message tries each of them once, however long that takes', () => {
  const bench = new Bench(two);
  killAll(bench, [1, 2]);
  bench.now = 10_000;
  const tried: Attempt[] = [];
  for (let attempt = bench.pick(); attempt !== undefined; attempt = bench.pick({ tried })) {
    tried.push(attempt);
    bench.now += 5_000;
    bench.report(attempt, 'fail');
  }
  assert.deepEqual(new Set(tried.map(positionOf)), new Set([1, 2]));
  assert.equal(tried.length, 2);
});

test('when all are dead an abandoned trial may be repeated at once', () => {
  const bench = new Bench(two);
  killAll(bench, [1, 2]);
  bench.now = 10_000;
  const both = [bench.pick(), bench.pick()] as [Attempt, Attempt];
  assert.equal(bench.pick(), undefined);
  bench.report(both[0], 'neutral');
  assert.equal(bench.pick()?.member, both[0].member);
});

test('hosts that stand by are not tried out while their betters live', () => {
  for (const hosts of ['master-slave:10.0.0.1,10.0.0.2,10.0.0.3', '10.0.0.1:1:1,10.0.0.2,10.0.0.3']) {
    const bench = new Bench(hosts, { limits: quick });
    killAll(bench, [1, 2, 3]);
    while (bench.member(1).health.is === 'dead') {
      bench.now += 100;
      bench.message(new Set([2, 3]));
    }
    bench.now += 1_000_000;
    assert.deepEqual(new Set(bench.order(20)), new Set([1]), hosts);
    fail(bench, 1, 4);
    bench.now += 1_000;
    assert.notEqual(bench.order(1)[0], 1);
  }
});

test('no dead host is picked while one lives, except for trials that are due', () => {
  const step = fc.record({ advance: fc.nat(3_000), down: fc.uniqueArray(fc.integer({ min: 1, max: 4 })) });
  const prefixes = fc.constantFrom('', 'master-slave:', 'random:', 'hash:');
  fc.assert(
    fc.property(prefixes, fc.array(step, { maxLength: 60 }), fc.boolean(), (prefix, steps, weighted) => {
      const hosts = [1, 2, 3, 4].map((at) => `10.0.0.${at}:1${weighted ? `:${at}` : ''}`).join(',');
      const bench = new Bench(prefix + hosts, { limits: quick });
      const client = { kind: 'inet', address: '192.0.2.1', port: 1 } as const;
      for (const { advance, down } of steps) {
        bench.now += advance;
        const attempt = bench.pick({ client }) as Attempt;
        if (attempt === undefined) {
          assert.equal(bench.list.living.length, 0);
          continue;
        }
        if (bench.list.living.length > 0) assert.equal(attempt.probe, attempt.member.health.is === 'dead');
        const { health } = attempt.member;
        if (health.is === 'dead' && bench.list.living.length > 0) {
          assert.ok(health.probeAt <= bench.now);
          assert.equal(health.probes, 1);
        }
        bench.report(attempt, down.includes(positionOf(attempt)) ? 'fail' : 'ok');
      }
    }),
  );
});

test('whatever happened, all hosts are alive again soon after all of them work', () => {
  const step = fc.record({ advance: fc.nat(5_000), down: fc.uniqueArray(fc.integer({ min: 1, max: 3 })) });
  fc.assert(
    fc.property(fc.constantFrom('', 'random:', 'hash:'), fc.array(step, { maxLength: 80 }), (prefix, steps) => {
      const bench = new Bench(prefix + three, { limits: quick });
      for (const { advance, down } of steps) {
        bench.now += advance;
        bench.message(new Set(down));
      }
      const due = bench.list.dead.map(({ health }) => (health.is === 'dead' ? health.probeAt : 0));
      const end = Math.max(bench.now, ...due) + 1_000;
      for (bench.now++; bench.now <= end; bench.now += 100) bench.message(none);
      bench.now += 1_000;
      bench.message(none);
      assert.equal(bench.list.dead.length, 0);
      bench.now += 20_000;
      assert.equal(new Set(bench.order(200)).size, 3);
    }),
    { numRuns: 60 },
  );
});
