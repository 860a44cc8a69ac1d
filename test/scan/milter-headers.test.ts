import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { clean, makeScanner, scanText } from './support.ts';

const limits = { timeout: 60_000 };

type Headers = ReadonlyArray<readonly [name: string, value: string]>;

interface Edits {
  readonly add_headers?: Readonly<Record<string, { readonly value: string; readonly order: number }>>;
  readonly remove_headers?: Readonly<Record<string, number | readonly number[]>>;
}

async function edits(section: string, headers: Headers = [], message = clean): Promise<Edits> {
  const scanner = await makeScanner(
    `actions { reject = 15; add_header = 14; greylist = 13; } milter_headers { ${section} }`,
  );
  return ((await scanText(scanner, message, { headers })).milter ?? {}) as Edits;
}

const from: Headers = [
  ['From', 'a@example.org'],
  ['IP', '192.0.2.1'],
  ['MTA-Name', 'mx'],
];

test('usually only the mark of others goes away', limits, async () => {
  assert.deepEqual(await edits(''), { remove_headers: { 'X-Spam': 0 } });
  assert.deepEqual(await edits('remove_upstream_spam_flag = false;'), {});
});

test('routines add their fields and take older ones away', limits, async () => {
  const use =
    'use = ["x-spam-status", "x-spam-level", "x-spamd-bar", "x-rspamd-server", "spam-header", "x-rspamd-queue-id"];';
  const { add_headers = {}, remove_headers = {} } = await edits(use, [...from, ['Queue-Id', 'Q1']]);
  assert.match(add_headers['X-Spam-Status']?.value ?? '', /^No, score=-?\d+\.\d\d$/);
  assert.deepEqual(add_headers['X-Rspamd-Server'], { value: hostname(), order: -1 });
  assert.equal(add_headers['X-Rspamd-Queue-Id']?.value, 'Q1');
  assert.equal('Deliver-To' in add_headers, false);
  assert.equal(remove_headers['Deliver-To'], 0);
  const spam = [...from, ['Settings', '{"scores":{"HFILTER_HOSTNAME_UNKNOWN":12}}'] as const];
  const marked = (await edits(`${use} routines { x-spam-level { char = "#"; } }`, spam)).add_headers;
  assert.match(marked?.['X-Spam-Status']?.value ?? '', /^Yes, score=1\d\.\d\d$/);
  assert.match(marked?.['X-Spam-Level']?.value ?? '', /^#{10,20}$/);
  assert.match(marked?.['X-Spamd-Bar']?.value ?? '', /^\+{10,20}$/);
  assert.deepEqual(marked?.['Deliver-To'], { value: 'Junk', order: -1 });
});

test('fields of the operator', limits, async () => {
  const own = `use = ["add-headers", "remove-headers", "remove-header"]; routines {
    add-headers { headers { X-Own = "1"; } remove = 1; } remove-headers { headers { X-A = 0; X-B = -1; } }
    remove-header { header = "X-C"; remove = 2; } }`;
  assert.deepEqual(await edits(own), {
    add_headers: { 'X-Own': { value: '1', order: -1 } },
    remove_headers: { 'X-Own': 1, 'X-A': 0, 'X-B': -1, 'X-C': 2, 'X-Spam': 0 },
  });
});

test('results of authentication', limits, async () => {
  const value = async (headers: Headers, section = '') =>
    (await edits(`use = ["authentication-results"]; ${section}`, headers)).add_headers?.['Authentication-Results'];
  assert.deepEqual(await value(from), {
    value:
      'mx;\r\n\tdkim=none;\r\n\tspf=none (mx: domain of a@example.org has no SPF policy when checking 192.0.2.1)' +
      ' smtp.mailfrom=a@example.org;\r\n\tdmarc=none',
    order: 1,
  });
  assert.match((await value([...from, ['Flags', 'milter']]))?.value ?? '', /^mx;\n\tdkim=none;\n\tspf/);
  const helo: Headers = [
    ['From', '<>'],
    ['Helo', 'helo.example.org'],
    ['IP', '192.0.2.1'],
  ];
  assert.match((await value(helo))?.value ?? '', /smtp\.helo=helo\.example\.org/);
  const user = await value([...from, ['User', 'joe@x']], 'skip_authenticated = false;');
  assert.match(user?.value ?? '', /auth=pass smtp\.auth=joe@x smtp\.mailfrom=a@example\.org$/);
});

test('results of certain hosts only go away', limits, async () => {
  const foreign = [
    'Authentication-Results: mx.a.example; spf=pass',
    'Authentication-Results: other.example; spf=pass',
    'Authentication-Results: (c) mx.b.example; none',
    'Authentication-Results: sub.c.example; none',
    clean,
  ].join('\r\n');
  const section =
    'use = ["authentication-results"]; routines { authentication-results { remove_ar_from = ["MX.a.example", ".c.example"]; } }';
  const { remove_headers } = await edits(section, from, foreign);
  assert.deepEqual(remove_headers?.['Authentication-Results'], [1, 4]);
});

test('clients of ours and those who authenticated get no fields but those that are asked for', limits, async () => {
  const use = 'use = ["x-spam-status", "x-rspamd-action"];';
  const local: Headers = [['IP', '10.0.0.1']];
  assert.deepEqual(await edits(use, local), { remove_headers: { 'X-Spam': 0 } });
  assert.deepEqual(await edits(use, [...from, ['User', 'joe']]), { remove_headers: { 'X-Spam': 0 } });
  const kept = await edits(`${use} local_headers = ["x-rspamd-action"];`, local);
  assert.deepEqual(Object.keys(kept.add_headers ?? {}), ['X-Rspamd-Action']);
  const all = await edits(`${use} skip_local = false;`, local);
  assert.deepEqual(Object.keys(all.add_headers ?? {}), ['X-Spam-Status', 'X-Rspamd-Action']);
  const rcpt = await edits(`${use} extended_headers_rcpt = ["@example.net"];`, [...local, ['Rcpt', 'b@example.net']]);
  assert.deepEqual(Object.keys(rcpt.add_headers ?? {}), ['X-Spam-Status', 'X-Rspamd-Action']);
});

test('settings name the routines of a message', limits, async () => {
  const settings = JSON.stringify({ plugins: { milter_headers: { routines: ['x-rspamd-action', 'nobody'] } } });
  const { add_headers } = await edits('', [
    ['Settings', settings],
    ['User', 'joe'],
  ]);
  assert.deepEqual(Object.keys(add_headers ?? {}), ['X-Rspamd-Action']);
});

test('the table of symbols', limits, async () => {
  const { add_headers } = await edits('extended_spam_headers = true;', from);
  assert.match(
    add_headers?.['X-Spamd-Result']?.value ?? '',
    /^default: False \[-?\d+\.\d\d \/ 15\.00\];\r\n\t[A-Z_]+\(/,
  );
});

test('an unknown routine is told', limits, async () => {
  const scanner = await makeScanner('milter_headers { use = ["x-nobody"]; }');
  assert.deepEqual(scanner.problems, ['milter_headers: there is no routine x-nobody']);
});
