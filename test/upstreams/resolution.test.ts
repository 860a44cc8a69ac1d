import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Attempt, ServiceTarget } from '../../src/upstreams/index.ts';
import { limitsOf } from '../../src/upstreams/limits.ts';
import {
  applyAddresses,
  applyService,
  dueQuestions,
  lookupFailed,
  nextQuestionAt,
  resolveAll,
} from '../../src/upstreams/resolution.ts';
import type { Member, Resolution, Service } from '../../src/upstreams/state.ts';
import { Bench, positionOf } from './support.ts';

/** Without jitter. */
const exact = (): number => 0;

function resolve(bench: Bench, position: number, addresses: readonly string[], ttl?: number): void {
  dueQuestions(bench.list, bench.now);
  applyAddresses(bench.list, bench.member(position), { addresses, ttl }, bench.now, exact);
}

function endpoints(bench: Bench, count: number, fails: (address: string) => boolean = () => false): string[] {
  return Array.from({ length: count }, () => {
    const attempt = bench.pick() as Attempt;
    const address = attempt.endpoint.kind === 'inet' ? attempt.endpoint.address : attempt.endpoint.path;
    bench.report(attempt, fails(address) ? 'fail' : 'ok');
    return address;
  });
}

function service(bench: Bench): Service {
  return bench.list.parts.find((part) => 'members' in part) as Service;
}

function target(host: string, priority: number, weight = 0, port = 11333): ServiceTarget {
  return { host, port, priority, weight };
}

function serve(bench: Bench, targets: readonly ServiceTarget[]): void {
  applyService(bench.list, service(bench), { targets, ttl: undefined }, bench.now, exact);
  for (const member of bench.list.members)
    if (member.resolution?.lastAt === Number.NEGATIVE_INFINITY)
      applyAddresses(bench.list, member, { addresses: ['10.0.0.1'], ttl: 60_000 }, bench.now, exact);
}

function names(bench: Bench, count: number): string[] {
  return Array.from({ length: count }, () => {
    const attempt = bench.pick() as Attempt;
    bench.report(attempt, 'ok');
    return attempt.name;
  });
}

test('a name without addresses is not chosen, and does not keep others from it', () => {
  const bench = new Bench('one.test, 10.0.0.2');
  assert.deepEqual(bench.order(2), [2, 2]);
  const lone = new Bench('one.test');
  assert.equal(lone.pick(), undefined);
  resolve(lone, 1, ['10.0.0.1']);
  assert.deepEqual(lone.order(1), [1]);
});

test('names are looked up at once, then by their TTL', () => {
  const bench = new Bench('one.test:80, 10.0.0.2, service=rspamd+two.test');
  assert.deepEqual(
    dueQuestions(bench.list, 0).map(({ is, name }) => [is, name]),
    [
      ['service', '_rspamd._tcp.two.test'],
      ['addresses', 'one.test'],
    ],
  );
  assert.deepEqual(dueQuestions(bench.list, 0), [], 'not while under way');
  assert.equal(nextQuestionAt(bench.list), Number.POSITIVE_INFINITY);
  applyAddresses(bench.list, bench.member(1), { addresses: ['10.0.0.1'], ttl: 30_000 }, 0, exact);
  assert.equal(nextQuestionAt(bench.list), 30_000);
  serve(bench, []);
  assert.equal(nextQuestionAt(bench.list), 10_000, 'a service without TTL');
});

test('the TTL has bounds', () => {
  const cases = [
    [0, 1_000],
    [5_000, 5_000],
    [86_400_000, 3_600_000],
    [undefined, 10_000],
  ] as const;
  for (const [ttl, wait] of cases) {
    const bench = new Bench('one.test');
    resolve(bench, 1, ['10.0.0.1'], ttl);
    assert.equal(nextQuestionAt(bench.list), wait);
  }
  const bench = new Bench('one.test', { limits: limitsOf({ resolveTime: 20_000 }) });
  resolve(bench, 1, ['10.0.0.1'], 30_000);
  assert.equal(nextQuestionAt(bench.list), 20_000);
});

test('after a failed look-up the old addresses stay, and the next one comes soon, then later', () => {
  const bench = new Bench('one.test');
  resolve(bench, 1, ['10.0.0.1'], 60_000);
  const { resolution } = bench.member(1);
  const waits = Array.from({ length: 15 }, () => {
    bench.now = nextQuestionAt(bench.list);
    assert.equal(dueQuestions(bench.list, bench.now).length, 1);
    lookupFailed(resolution as Resolution, bench.now, exact);
    return nextQuestionAt(bench.list) - bench.now;
  });
  assert.deepEqual(waits.slice(0, 3), [1_000, 1_500, 2_250]);
  assert.equal(waits.at(-1), 60_000);
  assert.deepEqual(endpoints(bench, 1), ['10.0.0.1']);
  resolve(bench, 1, ['10.0.0.9'], 60_000);
  assert.deepEqual(endpoints(bench, 1), ['10.0.0.9']);
});

test('failures bring a look-up forward, but not too often', () => {
  const bench = new Bench('one.test', { limits: limitsOf({ resolveMinInterval: 20_000 }) });
  resolve(bench, 1, ['10.0.0.1'], 3_600_000);
  bench.now = 5_000;
  bench.message(new Set([1]), 1);
  assert.equal(nextQuestionAt(bench.list), 20_000);
  bench.now = 20_000;
  resolve(bench, 1, ['10.0.0.1'], 3_600_000);
  bench.now = 50_000;
  bench.message(new Set([1]), 1);
  assert.equal(nextQuestionAt(bench.list), 50_000);
});

test('everything can be looked up at once', () => {
  const bench = new Bench('one.test');
  resolve(bench, 1, ['10.0.0.1'], 3_600_000);
  resolveAll(bench.list, 10);
  assert.equal(nextQuestionAt(bench.list), 10);
});

test('addresses of one name take turns, IPv4 before IPv6', () => {
  const bench = new Bench('one.test:80');
  resolve(bench, 1, ['::2', '10.0.0.2', '10.0.0.1', '10.0.0.2', '::ffff:10.0.0.3', 'nonsense']);
  assert.deepEqual(endpoints(bench, 4), ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.1']);
  assert.equal(bench.pick()?.label, 'one.test:80 (10.0.0.2:80)');
});

test('an address that failed is passed over, whichever way it failed, and tried again later', () => {
  const bench = new Bench('one.test');
  resolve(bench, 1, ['10.0.0.1', '10.0.0.2'], 3_600_000);
  const dead = (address: string): boolean => address === '10.0.0.1';
  assert.deepEqual(endpoints(bench, 4, dead), ['10.0.0.1', '10.0.0.2', '10.0.0.2', '10.0.0.2']);
  bench.now = 60_001;
  assert.deepEqual(endpoints(bench, 3, dead), ['10.0.0.1', '10.0.0.2', '10.0.0.2']);
  bench.now += 119_000;
  assert.deepEqual(endpoints(bench, 1, dead), ['10.0.0.2'], 'twice as long');
  bench.now += 2_000;
  assert.deepEqual(endpoints(bench, 3), ['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  assert.equal(bench.events.length, 0, 'the host never died');
});

test('IPv6 serves while every IPv4 address fails', () => {
  const bench = new Bench('one.test');
  resolve(bench, 1, ['10.0.0.1', '::1', '::2']);
  assert.deepEqual(
    endpoints(bench, 4, (address) => address.startsWith('10.')),
    ['10.0.0.1', '::1', '::2', '::1'],
  );
});

test('a host dies only when every address of it has failed', () => {
  const bench = new Bench('one.test, 10.0.1.1');
  resolve(
    bench,
    1,
    [1, 2, 3, 4, 5, 6].map((last) => `10.0.0.${last}`),
  );
  const down = new Set([1]);
  while (bench.member(1).addresses.some(({ errors }) => errors === 0)) {
    assert.equal(bench.member(1).health.is, 'alive');
    bench.message(down);
  }
  assert.equal(bench.member(1).health.is, 'dead');
});

test('addresses come and go; those that stay keep their failures', () => {
  const bench = new Bench('one.test');
  resolve(bench, 1, ['10.0.0.1', '10.0.0.2']);
  endpoints(bench, 2, (address) => address === '10.0.0.1');
  const change = applyAddresses(
    bench.list,
    bench.member(1),
    { addresses: ['10.0.0.3', '10.0.0.1'], ttl: 1 },
    bench.now,
    exact,
  );
  assert.deepEqual(change, { added: ['10.0.0.3'], removed: ['10.0.0.2'] });
  assert.deepEqual(endpoints(bench, 2), ['10.0.0.3', '10.0.0.3']);
});

test('a family whose question was not answered keeps its addresses', () => {
  const bench = new Bench('one.test');
  resolve(bench, 1, ['10.0.0.1', '::1']);
  applyAddresses(bench.list, bench.member(1), { addresses: ['::2'], ttl: 1, unanswered: 4 }, 0, exact);
  assert.deepEqual(
    bench.member(1).addresses.map(({ label }) => label),
    ['one.test (10.0.0.1:11333)', 'one.test ([::2]:11333)'],
  );
});

test('a dead host with a new address is tried at once', () => {
  const bench = new Bench('one.test, 10.0.1.1');
  resolve(bench, 1, ['10.0.0.1']);
  while (bench.member(1).health.is === 'alive') bench.message(new Set([1]));
  assert.deepEqual(bench.order(1), [2]);
  applyAddresses(bench.list, bench.member(1), { addresses: ['10.0.0.9'], ttl: 1 }, bench.now, exact);
  assert.deepEqual(bench.message(new Set()), { tried: [1], ok: true });
  assert.equal(bench.member(1).health.is, 'alive');
});

test('a service: targets by weight, among those of the lowest priority number', () => {
  const bench = new Bench('service=rspamd+one.test');
  serve(bench, [target('c.test', 20, 5), target('a.test', 10, 3), target('b.test', 10, 1)]);
  assert.deepEqual(names(bench, 8).join(' '), 'a.test a.test a.test b.test a.test a.test a.test b.test');
  assert.equal(bench.pick()?.endpoint.kind, 'inet');
});

test('a service: others step in when no better target lives or is left for the message, and step back', () => {
  const bench = new Bench('service=rspamd+one.test', { limits: limitsOf({ reviveTime: 2_000 }) });
  serve(bench, [target('a.test', 10), target('b.test', 10), target('c.test', 20), target('d.test', 30)]);
  const { tried } = bench.message(new Set([1, 2]));
  assert.deepEqual(tried, [1, 2, 3]);
  while (bench.list.dead.length < 2) bench.message(new Set([1, 2]));
  assert.deepEqual(bench.order(3), [3, 3, 3]);
  bench.now = 100_000;
  bench.message(new Set());
  bench.message(new Set());
  bench.now = 120_000;
  assert.deepEqual(new Set(bench.order(10)), new Set([1, 2]));
});

test('a service: a dead stand-by is not tried while better ones live', () => {
  const bench = new Bench('service=rspamd+one.test');
  serve(bench, [target('a.test', 10), target('b.test', 20)]);
  while (bench.list.dead.length < 2) bench.message(new Set([1, 2]));
  while (bench.list.living.length === 0) {
    bench.now += 100;
    bench.message(new Set([2]));
  }
  bench.now += 1_000_000;
  assert.deepEqual(new Set(bench.order(50)), new Set([1]));
});

test('a service beside plain hosts: by weight, which targets always have', () => {
  const targets = [target('b.test', 20), target('a.test', 10)];
  const weighted = new Bench('10.0.0.9:1:1, service=rspamd+one.test');
  serve(weighted, targets);
  assert.deepEqual(names(weighted, 4), ['10.0.0.9:1', 'a.test', '10.0.0.9:1', 'a.test']);
  const standby = new Bench('10.0.0.9:1, service=rspamd+one.test');
  serve(standby, targets);
  assert.deepEqual(names(standby, 2), ['a.test', 'a.test']);
});

test('a service: targets that stay keep their health, gone ones are forgotten, new ones join', () => {
  const bench = new Bench('service=rspamd+one.test');
  serve(bench, [target('a.test', 10), target('b.test', 10)]);
  while (bench.list.dead.length < 1) bench.message(new Set([1]));
  const open = bench.pick() as Attempt;
  assert.equal(open.name, 'b.test');
  serve(bench, [target('a.test', 10), target('c.test', 10, 7)]);
  assert.equal(bench.member(1).health.is, 'dead');
  assert.equal(bench.member(2).weight, 7);
  assert.deepEqual(names(bench, 2), ['c.test', 'c.test']);
  const events = bench.events.length;
  for (let late = 0; late < 5; late++) bench.report({ ...open, open: true }, 'fail');
  assert.equal(bench.events.length, events, 'nothing is said about a host that is gone');
  serve(bench, []);
  assert.equal(bench.pick(), undefined);
});

test('a service: changed weights count, for the ring too', () => {
  const bench = new Bench('hash:service=rspamd+one.test');
  const client = { kind: 'inet', address: '192.0.2.1', port: 1 } as const;
  serve(bench, [target('a.test', 10, 1), target('b.test', 10, 1)]);
  bench.order(1, { client });
  const before = bench.list.ring?.owner.length;
  serve(bench, [target('a.test', 10, 1), target('b.test', 10, 4)]);
  bench.order(1, { client });
  assert.equal(before, 200);
  assert.equal(bench.list.ring?.owner.length, 500);
  serve(bench, [target('b.test', 10, 4)]);
  serve(bench, [target('b.test', 10, 4), target('c.test', 10, 4)]);
  bench.order(1, { client });
  serve(bench, [target('b.test', 10, 4)]);
  assert.equal(bench.list.ring, undefined, 'it is made anew when members come or go');
});

test('whatever DNS says, a pick is a present target with an address', () => {
  const targets = fc.array(
    fc.record({
      host: fc.constantFrom('a', 'b', 'c', 'd'),
      priority: fc.nat(2),
      weight: fc.nat(3),
      port: fc.constantFrom(1, 2),
    }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(
      fc.constantFrom('', 'hash:', 'random:', 'master-slave:'),
      fc.array(targets, { maxLength: 8 }),
      (prefix, steps) => {
        const bench = new Bench(`${prefix}service=rspamd+one.test`);
        const client = { kind: 'inet', address: '192.0.2.1', port: 1 } as const;
        for (const given of steps) {
          serve(bench, given);
          for (let message = 0; message < 6; message++) {
            bench.now += 500;
            const attempt = bench.pick({ client });
            if (attempt === undefined) continue;
            assert.ok((bench.list.members as readonly Member[]).includes(attempt.member));
            assert.ok(given.some(({ host, port }) => host === attempt.name && port === attempt.member.port));
            bench.report(attempt, positionOf(attempt) === 1 ? 'fail' : 'ok');
          }
        }
      },
    ),
  );
});
