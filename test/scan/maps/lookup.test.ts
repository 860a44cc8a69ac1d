import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readEntries } from '../../../src/scan/maps/entries.ts';
import { CdbFile, ExternalMap, type ExternalSettings } from '../../../src/scan/maps/index.ts';
import { readSource } from '../../../src/scan/maps/source.ts';
import { NetworkTable } from '../../../src/scan/network-table.ts';
import { get, loadText, type UclValue } from '../../../src/ucl/index.ts';
import { decodeMsgpack } from '../../../src/wire/msgpack/index.ts';
import { mapsOf } from '../native/rig.ts';
import { writeCdb } from './cdb-file.ts';

const limits = { timeout: 60_000 };
const value = (text: string): UclValue => get(loadText(`x = ${text};`).root, 'x') as UclValue;

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-lookup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('lines of a map: keys in quotes and slashes, values, comments', () => {
  const text = [
    'plain',
    '  key  the value  # comment',
    '"two words" 5',
    '"open \\" quote" x',
    '/a b#c\\/d/i 7 # comment',
    'with\\#sign 1',
    'a#b',
    '# only a comment',
    '',
    'last\r',
    '/not closed',
  ].join('\n');
  assert.deepEqual(readEntries(text), [
    ['plain', undefined],
    ['key', 'the value'],
    ['two words', '5'],
    ['open \\" quote', 'x'],
    ['/a b#c\\/d/i', '7'],
    ['with\\#sign', '1'],
    ['a', undefined],
    ['last', undefined],
    ['/not closed', undefined],
  ]);
  const long = 'x'.repeat(3_000_000);
  assert.equal(readEntries(`"${long}" 1`)[0]?.[0].length, long.length);
});

test('what stands before a source', () => {
  const problems: string[] = [];
  const read = (text: string) => readSource(text, (problem) => void problems.push(problem));
  assert.deepEqual(read('regexp;/path'), { kind: 'file', path: '/path', signature: undefined });
  assert.deepEqual(read('fallback+sign+file:///path'), {
    kind: 'fallback',
    path: '/path',
    signature: { key: undefined },
  });
  assert.deepEqual(read('zst+static'), { kind: 'static' });
  assert.deepEqual(read('an entry; of its own'), { kind: 'inline', line: 'an entry; of its own' });
  assert.deepEqual(problems, []);
  for (const wrong of ['fallback+http://a.test/', '/path.enc', 'http://a.test/map.zst.enc', 'ftp://a.test/'])
    assert.equal(read(wrong), undefined, wrong);
  assert.equal(problems.length, 4);
});

test('of the networks that hold an address the narrowest counts', () => {
  const table = new NetworkTable();
  assert.deepEqual(table.add('192.0.0.0/8,[2001:db8::]/32', 'wide'), []);
  assert.deepEqual(table.add('192.0.2.0/23', 'narrow'), []);
  assert.deepEqual(table.add('2001:db8:0:8000::/49', 'half'), []);
  assert.deepEqual(table.add('192.0.2.1', 'host'), []);
  assert.deepEqual(table.add('192.0.2.1', 'again'), []);
  assert.deepEqual(table.add('10.0.0.0/33, x, 10.0.0.0/8', 'ten'), ['10.0.0.0/33', ' x']);
  const ips = [
    '192.0.2.1',
    '192.0.3.255',
    '192.0.4.1',
    '2001:db8:0:ffff::1',
    '2001:db8:0:7fff::1',
    '10.1.1.1',
    '11.1.1.1',
  ];
  assert.deepEqual(
    ips.map((ip) => table.get(ip)),
    ['host', 'narrow', 'wide', 'half', 'wide', 'ten', undefined],
  );
  const all = new NetworkTable();
  all.add('0.0.0.0/0', 'any');
  assert.deepEqual([all.get('8.8.8.8'), all.get('::1')], ['any', undefined]);
});

test('maps of every kind, and objects that say where they come from', limits, async (t) => {
  const folder = makeFolder(t);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const problems: string[] = [];
  const maps = mapsOf((problem) => problems.push(problem));
  const find = async (source: string, kind: Parameters<typeof maps.lookup>[1], ...keys: string[]) => {
    const lookup = maps.lookup(value(source), kind);
    assert.ok(lookup, source);
    return await Promise.all(keys.map((key) => lookup.find(key)));
  };
  const hash = file('hash', 'One 1\nTWO\n');
  assert.deepEqual(await find(`"${hash}"`, 'hash', 'one', 'two', 'three'), [['1'], [''], []]);
  assert.deepEqual(await find(`"set;file://${hash}"`, 'hash', 'ONE', 'two'), [[''], ['']]);
  assert.deepEqual(await find('["One 1", "two"]', 'hash', 'One', 'one', 'two'), [['1'], [], ['']]);
  const radix = file('radix', '192.0.2.0/24\n192.0.2.1 one\n');
  assert.deepEqual(await find(`"${radix}"`, 'radix', '192.0.2.1', '192.0.2.2', '10.0.0.1'), [['one'], ['1'], []]);
  const patterns = file('patterns', '/^a/i 1\n/b$/ 2\n/^a/i 3\n/(/ 4\n');
  assert.deepEqual(await find(`"${patterns}"`, 'regexp', 'Ab', 'xb', 'x', ''), [['1'], ['2'], [], []]);
  assert.deepEqual(await find(`"${patterns}"`, 'regexp_multi', 'Ab', 'xb'), [['1', '2'], ['2']]);
  assert.deepEqual(await find(`"re_multi;${patterns}"`, 'hash', 'Ab'), [['1', '2']]);
  const globs = file('globs', 'a*c 1\n*.c.d 2\na?c 3\n');
  assert.deepEqual(await find(`"${globs}"`, 'glob', 'abbc', 'x.c.d', 'xxc', 'A.c'), [['1'], ['2'], [], []]);
  assert.deepEqual(await find(`"${globs}"`, 'glob_multi', 'abc', 'abcd'), [['1', '3'], []]);
  const object = `{ urls = ["${hash}", "static"]; data = ["four 4", "five"]; poll = 1s; name = "x"; }`;
  assert.deepEqual(await find(object, 'hash', 'one', 'FOUR', 'five'), [['1'], ['4'], ['']]);
  assert.deepEqual(
    await find('{ url = "static"; data = "six 6\\nseven 7"; selector_alias = "numbers"; }', 'hash', 'seven'),
    [['7']],
  );
  assert.deepEqual(
    [maps.named('numbers', 'six'), maps.named('numbers', 'ten'), maps.named('letters', 'a')],
    ['6', undefined, undefined],
  );
  assert.deepEqual(problems, []);
  assert.equal(maps.lookup(value('"no source"'), 'hash'), undefined);
  assert.equal(maps.lookup(value('{ external = true; }'), 'hash'), undefined);
  assert.equal(
    maps.lookup(value('{ external = true; backend = "http://a.test/"; method = "smoke"; }'), 'hash'),
    undefined,
  );
  assert.equal(problems.length, 3);
});

test('a file that says it is looked at often is', limits, (t) => {
  const path = join(makeFolder(t), 'names');
  writeFileSync(path, 'one\n');
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const maps = mapsOf(assert.fail);
  const [quick, slow] = [
    maps.lookup(value(`{ url = "${path}"; watch_interval = 10s; }`), 'hash'),
    maps.lookup(value(`"${path}"`), 'hash'),
  ];
  assert.deepEqual([quick?.find('one'), slow?.find('one')], [[''], ['']]);
  writeFileSync(path, 'two\n');
  utimesSync(path, 1, 1);
  now += 1_001;
  assert.deepEqual([quick?.find('two'), slow?.find('two')], [[''], []]);
  now += 4_000;
  assert.deepEqual(slow?.find('two'), ['']);
});

const program = ['/usr/bin/cdb', '/usr/local/bin/cdb'].find((path) => existsSync(path));

interface CdbRig {
  readonly path: string;
  readonly told: string[];
  readonly file: CdbFile;
  /** The next look at the file is due. */
  later(): void;
}

function cdbRig(t: TestContext): CdbRig {
  const path = join(makeFolder(t), 'map.cdb');
  const told: string[] = [];
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const file = new CdbFile(path, { fileInterval: 5000, failed: (text) => void told.push(text) });
  return { path, told, file, later: () => (now += 10_000) };
}

test('a constant database is read, and opened anew when it changes', limits, (t) => {
  const { path, told, file, later } = cdbRig(t);
  assert.equal(file.find('one'), undefined);
  const records = Array.from({ length: 2000 }, (_, at) => [`key${at}`, `value ${at}`] as const);
  writeCdb(path, [...records, ['', 'of nothing'], ['one', ''], ['one', 'second']]);
  later();
  for (const [key, expected] of records) assert.equal(file.find(key), expected);
  assert.deepEqual([file.find('key2000'), file.find(''), file.find('one')], [undefined, 'of nothing', '']);
  writeCdb(path, [['two', 'b']]);
  utimesSync(path, 1, 1);
  later();
  assert.deepEqual([file.find('key1'), file.find('two')], [undefined, 'b']);
  rmSync(path);
  later();
  assert.equal(file.find('two'), undefined);
  assert.deepEqual(told, []);
});

test('a database that tinycdb wrote', {
  ...limits,
  skip: program === undefined && 'cdb (tinycdb) is not installed',
}, (t) => {
  const { path, file } = cdbRig(t);
  const input = `${Array.from({ length: 500 }, (_, at) => `+${`k${at}`.length},${`v${at}`.length}:k${at}->v${at}`).join('\n')}\n\n`;
  execFileSync(program ?? 'cdb', ['-c', path], { input });
  assert.deepEqual(
    ['k0', 'k499', 'k500'].map((key) => file.find(key)),
    ['v0', 'v499', undefined],
  );
  // Ours is the same, byte by byte of what is found.
  const own = `${path}.own`;
  writeCdb(own, [['k7', 'v7']]);
  assert.equal(execFileSync(program ?? 'cdb', ['-q', own, 'k7'], { encoding: 'utf8' }), 'v7');
});

test('a broken database is empty, told once, and costs nothing', limits, (t) => {
  const { path, told, file, later } = cdbRig(t);
  writeFileSync(path, 'short');
  assert.deepEqual([file.find('one'), file.find('one')], [undefined, undefined]);
  assert.match(told.join(), /it is no cdb file/);
  writeCdb(path, [['one', '1']]);
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = 0xff;
    writeFileSync(path, damaged);
    utimesSync(path, at + 1, at + 1);
    later();
    const found = file.find('one');
    assert.ok(found === undefined || found.length <= 1);
  }
  assert.match(told.join(), /points behind its end/);
  // Tables that are full, and whose hashes are all the same.
  const full = Buffer.alloc(2048 + 8 * 1_000_000, 0xff);
  for (let at = 0; at < 256; at++) {
    full.writeUInt32LE(2048, at * 8);
    full.writeUInt32LE(1_000_000, at * 8 + 4);
  }
  writeFileSync(path, full);
  later();
  assert.equal(file.find('one'), undefined);
});

interface Server {
  readonly url: string;
  readonly seen: { request: IncomingMessage; body: Buffer }[];
  answer: (reply: ServerResponse) => void;
}

async function serve(t: TestContext): Promise<Server> {
  const http = createServer(async (request, reply) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    server.seen.push({ request, body: Buffer.concat(parts) });
    server.answer(reply);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  const server: Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/map`,
    seen: [],
    answer: (reply) => void reply.end('found'),
  };
  return server;
}

test('a server is asked for every key as the map says', limits, async (t) => {
  const server = await serve(t);
  const ask = (settings: Partial<ExternalSettings>, question: Parameters<ExternalMap['find']>[0]) =>
    new ExternalMap(
      { backend: server.url, method: undefined, encode: undefined, timeout: 20_000, ...settings },
      assert.fail,
    ).find(question);
  assert.equal(await ask({ method: 'query' }, 'a b&\xe4'), 'found');
  assert.equal(server.seen.at(-1)?.request.url, '/map?key=a%20b%26%E4');
  await ask({ method: 'query' }, { user: 'me', list: ['x'], to: 'you' });
  assert.equal(server.seen.at(-1)?.request.url, '/map?user=me&to=you');
  await ask({ method: 'header' }, 'one\r\nEvil: two');
  assert.equal(server.seen.at(-1)?.request.headers['key'], 'one Evil: two');
  assert.equal(server.seen.at(-1)?.request.headers['evil'], undefined);
  await ask({ method: 'body' }, 'the key');
  assert.deepEqual([server.seen.at(-1)?.request.method, server.seen.at(-1)?.body.toString()], ['POST', 'the key']);
  await ask({ method: 'body', encode: 'json' }, { user: 'me', to: ['a', 'b'] });
  assert.deepEqual(JSON.parse(server.seen.at(-1)?.body.toString() ?? ''), { user: 'me', to: ['a', 'b'] });
  await ask({ method: 'body', encode: 'messagepack' }, { user: 'me', to: ['a'] });
  assert.deepEqual(decodeMsgpack(server.seen.at(-1)?.body ?? Buffer.alloc(0)), { user: 'me', to: ['a'] });
  assert.equal(await ask({}, 'anything'), 'found');
  assert.equal(server.seen.at(-1)?.request.url, '/map');
  server.answer = (reply) => void reply.writeHead(404).end();
  assert.equal(await ask({}, 'nothing'), undefined);
});

test('a server that fails, hangs or talks without end has nothing, and that is told once', limits, async (t) => {
  const server = await serve(t);
  const told: string[] = [];
  const map = new ExternalMap(
    { backend: server.url, method: 'query', encode: undefined, timeout: 300 },
    (text) => void told.push(text),
  );
  server.answer = (reply) => void reply.writeHead(500).end();
  assert.deepEqual([await map.find('a'), await map.find('b')], [undefined, undefined]);
  assert.deepEqual(told, [`map ${server.url}: the server answers 500`]);
  server.answer = (reply) => void reply.end('good');
  assert.equal(await map.find('c'), 'good');
  server.answer = () => {};
  assert.equal(await map.find('d'), undefined);
  assert.match(told[1] ?? '', /timeout/i);
  server.answer = (reply) => void reply.end(Buffer.alloc(2 * 1024 * 1024));
  const patient = new ExternalMap(
    { backend: server.url, method: 'query', encode: undefined, timeout: 20_000 },
    (text) => void told.push(text),
  );
  assert.equal(await patient.find('e'), undefined);
  assert.match(told[2] ?? '', /more than 1048576 bytes/);
});
