import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RuleSource } from '../../src/scan/index.ts';
import { clean, makeScanner, type Reply, scanText, stockActions } from './support.ts';

const limits = { timeout: 60_000 };

type Headers = ReadonlyArray<readonly [name: string, value: string]>;

const found: RuleSource = () => [
  {
    name: 'TEST',
    stage: 'filter',
    symbols: { A: { score: 1, groups: ['letters'] }, B: { score: 1, groups: ['letters'] } },
    run: (task) => {
      task.insert('A');
      task.insert('B');
    },
  },
  { name: 'OTHER', stage: 'filter', symbols: { OTHER: { score: 1 } }, run: (task) => task.insert('OTHER') },
];

async function scan(settings: string, headers: Headers = [], message = clean): Promise<Reply> {
  return scanText(await makeScanner(`${stockActions} settings { ${settings} }`, [found]), message, { headers });
}

const envelope: Headers = [
  ['From', 'a@example.org'],
  ['Rcpt', 'b@example.net'],
  ['IP', '192.0.2.1'],
  ['User', 'joe'],
  ['Hostname', 'mx.example.org'],
];

test('a request says what applies to its message', limits, async () => {
  const header = (value: object): Headers => [['Settings', JSON.stringify(value)]];
  assert.equal((await scan('', header({ actions: { reject: 1 } }))).action, 'reject');
  assert.equal((await scan('', header({ actions: { reject: 1, 'add header': 1 } }))).thresholds['reject'], 1);
  assert.equal((await scan('', header({ scores: { A: 7 } }))).symbols['A']?.score, 7);
  assert.equal(
    (
      await scan(
        '',
        header({ subject: 'new %s', actions: { 'rewrite subject': 1, greylist: null, 'add header': null } }),
      )
    ).subject,
    'new hello',
  );
  assert.deepEqual(Object.keys((await scan('', header({ symbols_enabled: ['A'] }))).symbols).includes('OTHER'), false);
  assert.ok('A' in (await scan('', header({ groups_enabled: ['letters'] }))).symbols);
  assert.equal('OTHER' in (await scan('', header({ groups_enabled: ['letters'] }))).symbols, false);
  assert.equal('OTHER' in (await scan('', header({ symbols_disabled: ['OTHER'] }))).symbols, false);
  assert.equal('B' in (await scan('', header({ groups_disabled: ['letters'] }))).symbols, false);
  const inserted = await scan('', header({ symbols: { MINE: { score: 3, options: ['o'] }, PLAIN: 2 } }));
  assert.deepEqual(inserted.symbols['MINE']?.options, ['o']);
  assert.ok('PLAIN' in inserted.symbols);
  const skipped = await scan('', header({ whitelist: true }));
  assert.deepEqual([skipped.is_skipped, skipped.action, 'A' in skipped.symbols], [true, 'no action', false]);
  assert.equal((await scan('', header({ messages: { smtp_message: 'hi' } }))).messages['smtp_message'], 'hi');
  assert.equal((await scan('', [['Settings', '{ not settings']])).action, (await scan('')).action);
});

test('a null threshold switches an action off', limits, async () => {
  const heavy = { scores: { A: 99 } };
  assert.equal((await scan('', [['Settings', JSON.stringify(heavy)]])).action, 'reject');
  const off = { ...heavy, actions: { reject: null } };
  assert.equal((await scan('', [['Settings', JSON.stringify(off)]])).action, 'add header');
});

test('a request names settings by their id, and limits beside them', limits, async () => {
  const tree = 'outbound { id = "out"; apply { actions { reject = 99; } scores { A = 5; } } }';
  const reply = await scan(tree, [['Settings-Id', 'out']]);
  assert.deepEqual([reply.symbols['A']?.score, reply.required_score], [5, 99]);
  assert.equal((await scan(tree)).symbols['A']?.score, 1);
  assert.equal((await scan(tree, [['Settings-Id', 'nobody']])).symbols['A']?.score, 1);
  const limited = await scan('', [
    ['Maxscore', '7'],
    ['Softscore', '3'],
  ]);
  assert.deepEqual([limited.thresholds['reject'], limited.thresholds['add header']], [7, 3]);
});

test('static rules match by what is known of a message', limits, async () => {
  const matches = async (condition: string, headers = envelope, message = clean): Promise<boolean> => {
    const reply = await scan(`one { ${condition} apply { symbols { HIT = 1; } } }`, headers, message);
    return 'HIT' in reply.symbols;
  };
  const cases: ReadonlyArray<readonly [condition: string, holds: boolean]> = [
    ['', false],
    ['ip_map = ["192.0.2.0/24"];', true],
    ['ip_map = ["10.0.0.0/8"];', false],
    [`selector = "header(Subject).regexp('/^hel/')";`, true],
    ['selector = "header(X-None)";', false],
    ['ip = "192.0.2.2"; selector = "user"; expression = "!ip & selector:1";', true],
    ['ip = "192.0.2.0/24";', true],
    ['ip = ["10.0.0.0/8", "192.0.2.1"];', true],
    ['ip = "192.0.2.2";', false],
    ['from = "a@example.org";', true],
    ['from = "@example.org";', true],
    ['from = "@example.com";', false],
    ['from = "/^A@/i";', true],
    ['rcpt = ["c@example.net", "b@example.net"];', true],
    ['rcpt = "b";', true],
    ['from_mime = "a@example.org";', true],
    ['rcpt_mime = "@example.net";', true],
    ['user = "joe";', true],
    ['user = "ann";', false],
    ['authenticated = true;', true],
    ['local = true;', false],
    ['hostname = "mx.example.org";', true],
    ['hostname = "/\\\\.example\\\\.org$/";', true],
    ['header { "Subject" = "/^hel/"; }', true],
    ['header { "Subject" = "/^bye/"; }', false],
    ['header { "X-None" = false; }', true],
    ['request_header { "User" = "/joe/"; }', true],
    ['ip = "192.0.2.1"; user = "ann";', false],
    ['ip = "192.0.2.1"; user = "ann"; inverse = true;', true],
    ['ip = "192.0.2.1"; user = "ann"; expression = "ip & !user";', true],
    ['ip = "192.0.2.1"; user = "joe"; expression = "ip & !user";', false],
  ];
  for (const [condition, holds] of cases) assert.equal(await matches(condition), holds, condition);
  assert.equal(await matches('authenticated = true;', []), false);
  assert.equal(await matches('local = true;', [['IP', '10.1.2.3']]), true);
});

test('the rule of highest priority counts; a request stands above usual ones', limits, async () => {
  const tree = `low { header { Subject = true; } priority = low; apply { scores { A = 2; } } }
    high { header { Subject = true; } priority = high; apply { scores { A = 3; } } } middle { header { Subject = true; } priority = medium; apply { scores { A = 4; } } }`;
  assert.equal((await scan(tree)).symbols['A']?.score, 3);
  const usual = 'one { header { Subject = true; } apply { scores { A = 2; } } }';
  assert.equal((await scan(usual, [['Settings', '{"scores":{"A":9}}']])).symbols['A']?.score, 9);
});

test('a rule that cannot be used is told, the others stay', limits, async () => {
  const tree = `${stockActions} settings { bad { from = "map:///x"; apply { scores { A = 9; } } }
    worse { ip = "192.0.2.1"; expression = "nobody"; apply {} } good { header { Subject = true; } apply { scores { A = 2; } } } }`;
  const scanner = await makeScanner(tree, [found]);
  assert.equal(scanner.problems.length, 2);
  for (const problem of scanner.problems)
    assert.match(problem, /^tree:\d+:\d+: settings rule (?:bad|worse) is not used: /);
  assert.equal((await scanText(scanner, clean)).symbols['A']?.score, 2);
});

test('a server is asked what applies to a message', limits, async (t) => {
  const asked: unknown[] = [];
  let answer = '{ "scores": { "A": 4 } }';
  const server = createServer(async (request, reply) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    asked.push(JSON.parse(Buffer.concat(parts).toString()));
    reply.end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const tree = `theirs { external_map { map { external = true; backend = "${url}"; method = body; encode = json; timeout = 20s; }
    selector = "id('user');user;id('rcpts');rcpts('smtp')"; } }`;
  assert.equal((await scan(tree, envelope)).symbols['A']?.score, 4);
  assert.deepEqual(asked, [{ user: 'joe', rcpts: ['b@example.net'] }]);
  // Nobody authenticated: there is nothing to ask. A request that brings settings is not asked for either.
  assert.equal((await scan(tree)).symbols['A']?.score, 1);
  assert.equal((await scan(tree, [...envelope, ['Settings', '{"scores":{"A":9}}']])).symbols['A']?.score, 9);
  assert.equal(asked.length, 1);
  answer = '{ broken';
  assert.equal((await scan(tree, envelope)).symbols['A']?.score, 1);
});

test('rules come from a map', limits, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-settings-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'settings.map');
  writeFileSync(path, 'settings { one { user = "joe"; apply { scores { A = 6; } } } two { nothing = 1; apply {} } }');
  const scanner = await makeScanner(`${stockActions} settings = "file://${path}";`, [found]);
  assert.deepEqual(scanner.problems, []);
  assert.equal((await scanText(scanner, clean, { headers: envelope })).symbols['A']?.score, 6);
  assert.equal((await scanText(scanner, clean, { headers: [['Settings-Id', 'one']] })).symbols['A']?.score, 1);
});
