import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DnsSettings, fakesOfHosts, Resolver, readFakes, stockDnsSettings } from '../../../src/scan/dns/index.ts';
import type { DnsAnswer } from '../../../src/scan/dns-answer.ts';
import { loadText, type UclObject } from '../../../src/ucl/index.ts';
import { type DnsServer, type DnsZone, startDnsServer } from '../../support/dns-server.ts';

type TestContext = Parameters<typeof startDnsServer>[0];
const timeout = 60_000;

function found(records: DnsAnswer['records']): DnsAnswer {
  return { status: 'ok', records, error: undefined, cached: false };
}

async function rig(
  t: TestContext,
  zone: DnsZone,
  settings: Partial<DnsSettings> = {},
): Promise<{ server: DnsServer; resolver: Resolver }> {
  const server = await startDnsServer(t, zone);
  const resolver = new Resolver({ ...stockDnsSettings, servers: [server.address], ...settings });
  t.after(() => resolver.close());
  return { server, resolver };
}

test('each type of record, and each way to have none', { timeout }, async (t) => {
  const long = 'x'.repeat(700);
  const { resolver, server } = await rig(t, {
    'xn--bcher-kva.test': { A: ['192.0.2.3'] },
    'a.test': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
    'm.test': { MX: [{ priority: 10, exchange: 'Mail.A.test' }], NS: ['ns.test'] },
    't.test': { TXT: ['one', long] },
    'p.test': { PTR: ['a.test'] },
    's.test': { SRV: [{ priority: 1, weight: 2, port: 3, target: 'a.test' }] },
    'alias.test': { CNAME: 'a.test' },
    'broken.test': { failure: 'SERVFAIL' },
    'refused.test': { failure: 'REFUSED' },
  });
  assert.deepEqual((await resolver.query('A.test.', 'A')).records, ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual((await resolver.query('a.test', 'AAAA')).records, ['2001:db8::1']);
  assert.deepEqual((await resolver.query('m.test', 'MX')).records, [{ priority: 10, exchange: 'mail.a.test' }]);
  assert.deepEqual((await resolver.query('m.test', 'NS')).records, ['ns.test']);
  assert.deepEqual((await resolver.query('t.test', 'TXT')).records, ['one', long]);
  assert.deepEqual((await resolver.query('p.test', 'PTR')).records, ['a.test']);
  assert.deepEqual((await resolver.query('s.test', 'SRV')).records, [
    { priority: 1, weight: 2, port: 3, target: 'a.test' },
  ]);
  assert.deepEqual((await resolver.query('alias.test', 'A')).records, ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual((await resolver.query('alias.test', 'CNAME')).records, ['a.test']);
  const outcome = async (name: string): Promise<unknown> => {
    const { status, records, error } = await resolver.query(name, 'TXT');
    assert.deepEqual(records, []);
    return [status, error];
  };
  assert.deepEqual(await outcome('nowhere.test'), ['nxdomain', 'no records with this name']);
  assert.deepEqual(await outcome('a.test'), ['nodata', 'requested record is not found']);
  assert.deepEqual(await outcome('broken.test'), ['fail', 'server fail']);
  assert.deepEqual(await outcome('refused.test'), ['fail', 'query refused']);
  const before = server.queries.length;
  for (const name of ['', '.', '..', `${'x'.repeat(64)}.test`, 'x.'.repeat(150), 'a b.test', 'a\0.test'])
    assert.deepEqual(await outcome(name), ['nxdomain', 'invalid name'], name);
  assert.equal(server.queries.length, before);
  // Empty labels are left out.
  assert.deepEqual((await resolver.query('.a..test', 'A')).records, (await resolver.query('a.test', 'A')).records);
  const umlaut = Buffer.from('B\u00fccher.test').toString('latin1');
  assert.deepEqual((await resolver.query(umlaut, 'A')).records, ['192.0.2.3']);
});

test('a reply that is cut comes whole over TCP', { timeout }, async (t) => {
  const { resolver, server } = await rig(t, {
    'big.test': { TXT: [`${'\xff'.repeat(1000)}`, 'y'.repeat(3000)] },
    'cut.test': { A: ['192.0.2.7'], failure: 'TRUNCATED' },
  });
  assert.deepEqual((await resolver.query('big.test', 'TXT')).records, ['\xff'.repeat(1000), 'y'.repeat(3000)]);
  assert.deepEqual((await resolver.query('cut.test', 'A')).records, ['192.0.2.7']);
  assert.deepEqual(
    server.queries.map(({ transport }) => transport),
    ['udp', 'tcp', 'udp', 'tcp'],
  );
});

test('silence: asked again, then given up', { timeout }, async (t) => {
  const { resolver, server } = await rig(
    t,
    { 'still.test': { failure: 'SILENT' } },
    { timeout: 30, retransmits: 3, sockets: 2 },
  );
  const { status, error } = await resolver.query('still.test', 'A');
  assert.deepEqual([status, error], ['fail', 'query timed out']);
  assert.equal(server.count('still.test', 'A'), 3);
});

test('a server that is gone or fails gives way to the next', { timeout }, async (t) => {
  const good = await startDnsServer(t, { 'a.test': { A: ['192.0.2.1'] } });
  const bad = await startDnsServer(t, { 'a.test': { failure: 'SERVFAIL' } });
  const gone = await startDnsServer(t);
  await gone.close();
  t.mock.method(gone, 'close', async () => {});
  const servers = [`master-slave:${gone.address}:3`, `${bad.address}:2`, `${good.address}:1`];
  const resolver = new Resolver({ ...stockDnsSettings, servers, timeout: 5000 });
  t.after(() => resolver.close());
  assert.deepEqual((await resolver.query('a.test', 'A')).records, ['192.0.2.1']);
  assert.equal(bad.count('a.test', 'A'), 1);
});

test('equal questions at the same time are sent once; answers are kept for their time', { timeout }, async (t) => {
  const { resolver, server } = await rig(t, {
    'a.test': { A: ['192.0.2.1'], delay: 20 },
    'short.test': { A: ['192.0.2.2'], ttl: 0 },
  });
  const answers = await Promise.all([1, 2, 3].map(() => resolver.query('A.test', 'A')));
  assert.ok(answers.every(({ records, cached }) => records[0] === '192.0.2.1' && !cached));
  const again = await resolver.query('a.test', 'A');
  assert.deepEqual([again.cached, again.records], [true, ['192.0.2.1']]);
  assert.equal(server.count('a.test', 'A'), 1);
  await resolver.query('short.test', 'A');
  await resolver.query('short.test', 'A');
  assert.equal(server.count('short.test', 'A'), 2);
});

test('the cache holds what it may and no more', { timeout }, async (t) => {
  const zone = Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.test`, { A: ['192.0.2.1'] }]));
  const { resolver, server } = await rig(t, zone, { cacheSize: 2 });
  for (const name of ['a', 'b', 'c', 'b', 'a']) await resolver.query(`${name}.test`, 'A');
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => server.count(`${name}.test`, 'A')),
    [2, 1, 1],
  );
});

test('made-up answers are given without asking', { timeout }, async (t) => {
  const { resolver, server } = await rig(
    t,
    {},
    {
      fakes: [
        { name: 'Fake.test', type: 'A', answer: found(['192.0.2.9']) },
        { name: '.fake.test.', type: 'A', answer: found(['192.0.2.10']) },
        { name: 'fake.test', type: 'TXT', answer: { status: 'fail', records: [], error: 'odd', cached: false } },
      ],
    },
  );
  assert.deepEqual((await resolver.query('fake.TEST', 'A')).records, ['192.0.2.9', '192.0.2.10']);
  assert.equal((await resolver.query('fake.test', 'TXT')).error, 'odd');
  assert.equal((await resolver.query('fake.test', 'AAAA')).status, 'nxdomain');
  assert.equal(server.queries.length, 1);
});

test('a task asks no more than it may, and gets no answer behind its end', { timeout }, async (t) => {
  const { resolver, server } = await rig(
    t,
    { 'a.test': { A: ['192.0.2.1'] }, 'late.test': { A: ['192.0.2.1'], delay: 60_000 } },
    { maxRequests: 3, timeout: 60_000 },
  );
  const task = resolver.forTask(performance.now() + 60_000);
  const first = await Promise.all(
    ['a.test', 'a.test', 'not a name', 'b.test', 'c.test'].map((name) => task.query(name, 'A')),
  );
  assert.deepEqual(
    first.map(({ status }) => status),
    ['ok', 'ok', 'nxdomain', 'nxdomain', 'fail'],
  );
  assert.equal(server.queries.length, 2);
  const late = resolver.forTask(performance.now() + 50);
  assert.equal((await late.query('late.test', 'A')).error, 'query timed out');
  const over = resolver.forTask(performance.now() - 1);
  assert.equal((await over.query('a.test', 'A')).status, 'fail');
});

test('records of the configuration and of hosts files', { timeout }, (t) => {
  const problems: string[] = [];
  const { root } = loadText(`options { dns { fake_records = [
    { name = "one.test"; type = txt; replies = ["v=spf1 -all"]; },
    { name = "two.test"; type = mx; replies = ["10 mx.test", "20:mx2.test"]; },
    { name = "three.test"; type = a; rcode = nxdomain; },
    { name = "four.test"; type = a; replies = ["300.1.1.1"]; },
    { name = "five.test"; type = odd; },
    { type = a; },
    { name = "six.test"; rcode = what; },
    { name = "seven.test"; code = timeout; },
  ] } }`);
  const fakes = readFakes(root as UclObject, (problem) => problems.push(problem));
  assert.deepEqual(fakes, [
    { name: 'one.test', type: 'TXT', answer: found(['v=spf1 -all']) },
    {
      name: 'two.test',
      type: 'MX',
      answer: found([
        { priority: 10, exchange: 'mx.test' },
        { priority: 20, exchange: 'mx2.test' },
      ]),
    },
    {
      name: 'three.test',
      type: 'A',
      answer: { status: 'nxdomain', records: [], error: 'no records with this name', cached: false },
    },
    { name: 'seven.test', type: 'A', answer: { status: 'fail', records: [], error: 'query timed out', cached: false } },
  ]);
  assert.deepEqual(
    problems.map((problem) => problem.replace(/^.*left out: /, '')),
    [
      'four.test has no replies that are records of type A',
      'five.test has type ODD; known are A, AAAA, TXT, MX, PTR, NS',
      'it has no name',
      'six.test has rcode what; known are noerror, formerr, servfail, nxdomain, notimp, refused, yxdomain, yxrrset, nxrrset, notauth, notzone, timeout, neterr, norec',
    ],
  );
  const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'hosts'), '192.0.2.1 one.test One # x\n192.0.2.2 one.test\n::1 one.test\nnonsense\n');
  assert.deepEqual(fakesOfHosts([join(folder, 'hosts'), '/nowhere']), [
    { name: 'one.test', type: 'A', answer: found(['192.0.2.1', '192.0.2.2']) },
    { name: 'one.test', type: 'AAAA', answer: found(['::1']) },
    { name: 'one', type: 'A', answer: found(['192.0.2.1']) },
  ]);
});

test('a reply counts as long as the question is open, however late', { timeout }, async (t) => {
  const { resolver, server } = await rig(
    t,
    { 'slow.test': { A: ['192.0.2.1'], delay: 250 } },
    { timeout: 100, retransmits: 5 },
  );
  assert.deepEqual((await resolver.query('slow.test', 'A')).records, ['192.0.2.1']);
  assert.ok(server.count('slow.test', 'A') < 5);
});

test('nameservers are chosen by rotation and weight', { timeout }, async (t) => {
  const zone = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`n${at}.test`, { A: ['192.0.2.1'] }]));
  const [one, other] = [await startDnsServer(t, zone), await startDnsServer(t, zone)];
  const shares = async (servers: readonly string[]): Promise<number[]> => {
    const before = [one, other].map(({ queries }) => queries.length);
    const resolver = new Resolver({ ...stockDnsSettings, servers, timeout: 5000, cacheSize: 0 });
    t.after(() => resolver.close());
    for (const name of Object.keys(zone)) await resolver.query(name, 'A');
    return [one, other].map(({ queries }, at) => queries.length - (before[at] as number));
  };
  assert.deepEqual(await shares([one.address, other.address]), [30, 30]);
  assert.deepEqual(await shares([`${one.address}:2`, `${other.address}:1`]), [40, 20]);
  assert.deepEqual(await shares([`master-slave:${one.address}`, other.address]), [60, 0]);
  assert.deepEqual(await shares([`localhost:${one.port}`]), [60, 0]);
  // What is no nameserver is passed over.
  assert.deepEqual(await shares(['/run/ns.sock', 'service=dns+example.com', one.address]), [60, 0]);
  // By the name that is asked for: the same each time.
  const hashed = await shares([`hash:${one.address}`, other.address]);
  assert.ok(Math.min(...hashed) > 0, hashed.join());
  assert.deepEqual(await shares([`hash:${one.address}`, other.address]), hashed);
});

test('a nameserver that does not answer is left out, all of them are asked all the same', { timeout }, async (t) => {
  const zone = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`n${at}.test`, { A: ['192.0.2.1'] }]));
  const still = Object.fromEntries(Object.keys(zone).map((name) => [name, { failure: 'SILENT' } as const]));
  const [good, bad] = [await startDnsServer(t, zone), await startDnsServer(t, still)];
  const ask = async (servers: readonly string[]): Promise<string[]> => {
    const resolver = new Resolver({ ...stockDnsSettings, servers, timeout: 400, retransmits: 2 });
    t.after(() => resolver.close());
    const states: string[] = [];
    for (const name of Object.keys(zone)) states.push((await resolver.query(name, 'A')).status);
    return states;
  };
  assert.deepEqual(new Set(await ask([bad.address, good.address])), new Set(['ok']));
  // Four failures in a row and it is dead.
  assert.equal(bad.queries.length, 4);
  const other = await startDnsServer(t, still);
  for (const servers of [[bad.address], [bad.address, other.address]]) {
    const resolver = new Resolver({ ...stockDnsSettings, servers, timeout: 150, retransmits: 12 });
    t.after(() => resolver.close());
    assert.equal((await resolver.query('n0.test', 'A')).error, 'query timed out');
    const others = ['x', 'y', 'z'].map((name) => resolver.query(`${name}.test`, 'A'));
    assert.deepEqual(
      (await Promise.all(others)).map(({ status }) => status),
      ['nxdomain', 'nxdomain', 'nxdomain'],
    );
  }
});

test('what is asked after the end gets no answer', { timeout }, async (t) => {
  const { resolver, server } = await rig(t, { 'a.test': { failure: 'SILENT' } });
  const open = resolver.query('a.test', 'A');
  await new Promise((wake) => setImmediate(wake));
  resolver.close();
  assert.equal((await open).status, 'fail');
  assert.equal((await resolver.query('b.test', 'A')).status, 'fail');
  assert.equal(server.count('b.test', 'A'), 0);
});

test('questions are counted', { timeout }, async (t) => {
  const server = await startDnsServer(t, { 'a.test': { A: ['192.0.2.1'] }, 'broken.test': { failure: 'SERVFAIL' } });
  const counts = { dnsRequests: 0, dnsFailures: 0, dnsCached: 0 };
  const resolver = new Resolver({ ...stockDnsSettings, servers: [server.address] }, { counts });
  t.after(() => resolver.close());
  await Promise.all([resolver.query('a.test', 'A'), resolver.query('A.test', 'A')]);
  await resolver.query('a.test', 'A');
  await resolver.query('broken.test', 'A');
  assert.deepEqual(counts, { dnsRequests: 2, dnsFailures: 1, dnsCached: 1 });
});
