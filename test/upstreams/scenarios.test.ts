import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../src/upstreams/index.ts';
import { limitsOf } from '../../src/upstreams/limits.ts';
import { Bench, positionOf } from './support.ts';

/** How a host behaves at some moment: it answers after so many ms, refuses at once, or says nothing until the timeout. */
type Behaviour = number | 'refuse' | 'hang';

interface Figures {
  /** Messages that got no answer at all. */
  lost: number;
  /** Attempts at each host. */
  readonly attempts: number[];
  /** When messages arrived that got an answer from each host. */
  readonly answeredAt: number[][];
}

interface Traffic {
  readonly until: number;
  /** Milliseconds between messages. */
  readonly every: number;
  readonly timeout: number;
  readonly behaves: (position: number, now: number) => Behaviour;
  readonly retries?: number;
}

/** Messages at a steady pace against hosts that behave as told, each attempt taking its time. */
class Simulation {
  readonly bench: Bench;
  readonly #waiting: { at: number; run: () => void }[] = [];

  constructor(bench: Bench) {
    this.bench = bench;
  }

  run({ until, every, timeout, behaves, retries = 5 }: Traffic): Figures {
    const { bench } = this;
    const hosts = bench.list.members.length;
    const figures: Figures = {
      lost: 0,
      attempts: new Array(hosts).fill(0),
      answeredAt: Array.from({ length: hosts }, () => []),
    };
    const send = (arrived: number, tried: Attempt[]): void => {
      const client = { kind: 'inet', address: `192.0.2.${(arrived / every) % 256}`, port: 25 } as const;
      const about = { client, tried, last: tried.length === retries - 1 };
      const attempt = tried.length < retries ? bench.pick(about) : undefined;
      if (attempt === undefined) {
        figures.lost++;
        return;
      }
      const host = positionOf(attempt);
      figures.attempts[host - 1] = (figures.attempts[host - 1] as number) + 1;
      const how = behaves(host, bench.now);
      const end = bench.now + (how === 'refuse' ? 1 : how === 'hang' ? timeout : how);
      this.#at(end, () => {
        const ok = typeof how === 'number';
        bench.report(attempt, ok ? 'ok' : 'fail');
        if (ok) figures.answeredAt[host - 1]?.push(arrived);
        else send(arrived, [...tried, attempt]);
      });
    };
    for (let arrival = bench.now; arrival < until; arrival += every) this.#at(arrival, () => send(bench.now, []));
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      bench.now = Math.max(bench.now, next.at);
      next.run();
    }
    return figures;
  }

  #at(at: number, run: () => void): void {
    const place = this.#waiting.findIndex((other) => other.at > at);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, { at, run });
  }
}

const policies = ['', 'random:', 'hash:', 'master-slave:'] as const;

for (const prefix of policies) {
  test(`${prefix || 'round-robin:'} a host that refuses is left after a few failures, and no message is lost`, () => {
    const bench = new Bench(`${prefix}10.0.0.1,10.0.0.2,10.0.0.3`);
    const figures = new Simulation(bench).run({
      until: 50_000,
      every: 20,
      timeout: 60_000,
      behaves: (position) => (position === 1 ? 'refuse' : 50),
    });
    assert.equal(figures.lost, 0);
    assert.ok((figures.attempts[0] as number) <= 8, `attempts at the dead host: ${figures.attempts}`);
    assert.ok((bench.events[0] as { over: number }).over < 5_000);
  });

  test(`${prefix || 'round-robin:'} a host that hangs costs its share of one timeout, then trials only`, () => {
    const bench = new Bench(`${prefix}10.0.0.1,10.0.0.2,10.0.0.3`);
    const figures = new Simulation(bench).run({
      until: 200_000,
      every: 100,
      timeout: 5_000,
      behaves: (position) => (position === 1 ? 'hang' : 50),
    });
    assert.equal(figures.lost, 0);
    // 50 messages arrive in the first timeout, and some more until four of them have timed out.
    assert.ok((figures.attempts[0] as number) <= 65, `attempts at the dead host: ${figures.attempts}`);
  });

  test(`${prefix || 'round-robin:'} a scanner that is restarted gets mail again, gently`, () => {
    const limits = limitsOf({ reviveTime: 5_000 });
    const bench = new Bench(`${prefix}10.0.0.1,10.0.0.2,10.0.0.3`, { limits });
    const figures = new Simulation(bench).run({
      until: 60_000,
      every: 10,
      timeout: 5_000,
      behaves: (position, now) => (position === 1 && now > 10_000 && now < 18_000 ? 'refuse' : 20),
    });
    assert.equal(figures.lost, 0);
    const back = (figures.answeredAt[0] ?? []).filter((at) => at > 18_000);
    assert.ok((back[0] as number) <= 18_000 + 10_000 * 1.4 + 500, `back at ${back[0]}`);
    const [first = 0] = back;
    const within = (from: number, to: number): number =>
      back.filter((at) => at >= first + from && at < first + to).length;
    assert.ok(within(0, 500) < within(6_000, 6_500), `${within(0, 500)} then ${within(6_000, 6_500)}`);
  });
}

test('the only scanner is restarted: mail flows with the first message after', () => {
  const figures = new Simulation(new Bench('10.0.0.1')).run({
    until: 20_000,
    every: 50,
    timeout: 5_000,
    behaves: (_, now) => (now > 5_000 && now < 8_000 ? 'refuse' : 20),
  });
  const back = (figures.answeredAt[0] ?? []).find((at) => at > 7_900) as number;
  assert.ok(back <= 8_050, `${back}`);
  assert.ok(figures.lost <= 62, `${figures.lost}`);
});

test('all scanners are restarted: mail flows within a second, at all of them within three, whatever was before', () => {
  for (const outage of [3_000, 60_000, 600_000]) {
    const bench = new Bench('10.0.0.1,10.0.0.2,10.0.0.3');
    const end = 5_000 + outage;
    const figures = new Simulation(bench).run({
      until: end + 20_000,
      every: 100,
      timeout: 5_000,
      behaves: (_, now) => (now > 5_000 && now < end ? 'refuse' : 20),
    });
    const back = figures.answeredAt.map((times) => (times.find((at) => at >= end) as number) - end);
    assert.ok(Math.min(...back) <= 1_000, `${back}`);
    assert.ok(Math.max(...back) <= 3_000, `${back}`);
    const trials = figures.attempts.reduce((sum, count) => sum + count, 0) - 250;
    assert.ok(trials <= (outage / 1_000) * 3 + 60, `attempts during the outage: ${trials}`);
  }
});

test('scanners that hang all at once are not buried, and are used again within seconds', () => {
  const bench = new Bench('10.0.0.1,10.0.0.2');
  const figures = new Simulation(bench).run({
    until: 90_000,
    every: 50,
    timeout: 10_000,
    behaves: (_, now) => (now > 10_000 && now < 60_000 ? 'hang' : 20),
  });
  const back = Math.min(...figures.answeredAt.map((times) => times.find((at) => at >= 60_000) as number)) - 60_000;
  assert.ok(back <= 5_000, `${back}`);
});

test('a host that flaps every few seconds gets less and less, the others lose nothing', () => {
  const bench = new Bench('10.0.0.1,10.0.0.2', { limits: limitsOf({ reviveTime: 2_000 }) });
  const figures = new Simulation(bench).run({
    until: 300_000,
    every: 50,
    timeout: 5_000,
    behaves: (position, now) => (position === 1 && now % 4_000 < 3_000 ? 'refuse' : 20),
  });
  assert.equal(figures.lost, 0);
  const failures = bench.member(1).counts.failed;
  assert.ok(failures < 250, `${failures} failures of ${figures.attempts[0]} attempts`);
});

test('one crash of a busy scanner does not put it out of work', () => {
  const bench = new Bench('10.0.0.1,10.0.0.2');
  const flight = Array.from({ length: 60 }, () => bench.pick() as Attempt);
  bench.now = 20;
  for (const attempt of flight) bench.report(attempt, positionOf(attempt) === 1 ? 'fail' : 'ok');
  const figures = new Simulation(bench).run({ until: 5_000, every: 50, timeout: 5_000, behaves: () => 20 });
  assert.deepEqual(bench.events, []);
  assert.ok((figures.attempts[0] as number) >= 49);
});
