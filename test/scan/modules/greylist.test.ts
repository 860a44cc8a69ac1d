import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createClient } from '@redis/client';
import type { RuleSource, Scanner } from '../../../src/scan/index.ts';
import { freePort } from '../../support/free-port.ts';
import { noRedis, startRedis } from '../../support/redis.ts';
import { noRspamd } from '../../support/rspamd.ts';
import { makeScanner, now, type Reply, scanText } from '../support.ts';
import { startPeer } from './peer.ts';
import { findingsOf, type Mail, mapFiles, plain } from './support.ts';

const limit = { timeout: 60_000, skip: noRedis };

/** Ten times as high as usual, so that what our own rules find does not matter. */
const actions = 'actions { reject = 150; add_header = 60; greylist = 40; }';

/** Gives a message ten times the score that the field X-Score says. */
const score: RuleSource = () => [
  {
    name: 'SCORE',
    stage: 'filter',
    symbols: { SCORE: { score: 10 } },
    run: (task) => task.insert('SCORE', Number(task.message.header('X-Score') ?? 0)),
  },
];

async function openRedis(t: TestContext) {
  const redis = await startRedis(t);
  const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.destroy());
  return { client, port: redis.port, stop: redis.stop };
}

const greylister = (port: number, options = '', more = ''): Promise<Scanner> =>
  makeScanner(`${actions} greylist { servers = "127.0.0.1:${port}"; ${options} } ${more}`, [score]);

const envelope = {
  From: 'a@example.org',
  Rcpt: 'b@example.net',
  IP: '192.0.2.7',
  Hostname: 'mx.known.com',
  Helo: 'mx.known.com',
};

/** A message with a score of its own, some seconds after the first. */
const mail = (
  points: number,
  headers: Readonly<Record<string, string>> = {},
  body = 'Hi there, some words.',
): Mail => ({
  text: plain(body, { 'X-Score': String(points) }),
  headers: { ...envelope, ...headers },
});

const scan = (scanner: Scanner, { text, headers = {} }: Mail, seconds = 0): Promise<Reply> =>
  scanText(scanner, text, { headers: Object.entries(headers), receivedAt: now + seconds * 1000 });

/** What became of it: the action, the text for the client, and what the symbol tells. */
const outcome = ({ action, messages, symbols }: Reply) => [
  action,
  messages['smtp_message'],
  symbols['GREYLIST']?.options?.join(),
];

const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();

test('a new sender is delayed, then known', limit, async (t) => {
  const { client, port } = await openRedis(t);
  const scanner = await greylister(port);
  assert.deepEqual(scanner.problems, []);
  const message = mail(5);
  const later = 'Try again later';
  assert.deepEqual(outcome(await scan(scanner, message)), ['soft reject', later, `greylisted,${at(300)},new record`]);
  assert.deepEqual(outcome(await scan(scanner, message, 100)), [
    'soft reject',
    later,
    `greylisted,${at(300)},too early`,
  ]);
  assert.deepEqual(outcome(await scan(scanner, message, 301)), ['no action', undefined, 'pass,body']);
  const other = mail(5, {}, 'Other words.');
  assert.deepEqual(
    outcome(await scan(scanner, other, 301)),
    ['no action', undefined, 'pass,meta'],
    'the sender is known',
  );
  const keys = (await client.keys('rg*')).map((key) => key.slice(0, 3)).sort();
  assert.deepEqual(keys, ['rgb', 'rgm']);
  assert.ok((await client.ttl((await client.keys('rg*'))[0] ?? '')) > 86_000);
});

test('which messages are delayed', limit, async (t) => {
  const { client, port } = await openRedis(t);
  const path = mapFiles(t, { clients: '192.0.2.0/24\n', hosts: 'known.com\n' });
  const action = async (options: string, message: Mail, more = ''): Promise<string> => {
    await client.flushAll();
    return (await scan(await greylister(port, options, more), message)).action;
  };
  assert.equal(await action('', mail(0)), 'no action');
  assert.equal(await action('', mail(7)), 'soft reject');
  assert.equal(await action('', mail(20)), 'reject');
  assert.equal(await action('greylist_min_score = 60;', mail(5)), 'no action');
  assert.equal(await action('greylist_min_score = 60;', mail(6.5)), 'soft reject');
  assert.equal(await action('whitelist_symbols = ["SCORE"];', mail(5)), 'no action');
  assert.equal(await action(`whitelisted_ip = "${path('clients')}";`, mail(5)), 'no action');
  assert.equal(await action(`whitelist_domains_url = ["${path('hosts')}"];`, mail(5)), 'no action');
  for (const [headers, option] of [
    [{ IP: '127.0.0.1' }, 'check_local = true;'],
    [{ User: 'anna' }, 'check_authed = true;'],
  ] as const) {
    assert.equal(await action('', mail(5, headers)), 'no action', option);
    assert.equal(await action(option, mail(5, headers)), 'soft reject', option);
  }
  assert.equal(await action('', mail(5, { 'User-Agent': 'rspamc' })), 'greylist', 'somebody tries it');
  assert.equal(await action('action = "greylist";', mail(7)), 'greylist', 'as Exim wants it');
  assert.equal(await action('enabled = false;', mail(5)), 'greylist');
});

test('what tells messages and senders apart, texts and times', limit, async (t) => {
  const { client, port } = await openRedis(t);
  const keysOf = async (options: string, message: Mail): Promise<string[]> => {
    await client.flushAll();
    await scan(await greylister(port, options), message);
    return (await client.keys('*')).sort();
  };
  const first = mail(5);
  const [body, meta] = await keysOf('', first);
  assert.deepEqual(await keysOf('', mail(5, { IP: '192.0.31.9' })), [body, meta], 'of the same /19');
  assert.notDeepEqual((await keysOf('ipv4_mask = 32;', mail(5, { IP: '192.0.2.8' })))[1], meta);
  const six = await keysOf('', mail(5, { IP: '2001:db8::1' }));
  assert.deepEqual(await keysOf('', mail(5, { IP: '2001:db8::ffff' })), six);
  assert.notDeepEqual(await keysOf('ipv6_mask = 128;', mail(5, { IP: '2001:db8::ffff' })), six);
  assert.deepEqual(
    (await keysOf('max_data_len = 3;', mail(5, {}, 'Hi you.')))[0],
    (await keysOf('max_data_len = 3;', first))[0],
  );
  assert.ok((await keysOf('key_prefix = "grey_";', first)).every((key) => /^grey_[bm][a-z0-9]{20}$/.test(key)));
  await client.flushAll();
  const scanner = await greylister(
    port,
    'message = "Later"; report_time = true; symbol = "GREYLIST"; timeout = 1min; expire = 1h;',
  );
  assert.deepEqual(outcome(await scan(scanner, first)), [
    'soft reject',
    `Later: ${at(60)}`,
    `greylisted,${at(60)},new record`,
  ]);
  assert.equal((await scan(scanner, first, 61)).action, 'no action');
  const [key = ''] = await client.keys('*');
  const ttl = await client.ttl(key);
  assert.ok(ttl > 3500 && ttl <= 3600, `${ttl}`);
  const renamed = await greylister(port, 'symbol = "X_GREY";');
  assert.ok((await scan(renamed, mail(5, { Rcpt: 'x@example.net' }))).symbols['X_GREY']);
});

test('a message is judged without Redis too', limit, async (t) => {
  const dead = await greylister(await freePort(), 'redis_timeout = 1s;');
  assert.equal((await scan(dead, mail(5))).action, 'greylist');
  const { port, stop } = await openRedis(t);
  const scanner = await greylister(port);
  assert.equal((await scan(scanner, mail(5))).action, 'soft reject');
  await stop();
  assert.equal((await scan(scanner, mail(5))).action, 'greylist');
});

test("Debian's Rspamd and we know the same senders", { timeout: 180_000, skip: noRedis || noRspamd }, async (t) => {
  const { client, port } = await openRedis(t);
  const folder = dirname(mapFiles(t, {})('x'));
  const sections = `greylist { servers = "127.0.0.1:${port}"; max_data_len = 20; ipv4_mask = 24; }`;
  const peer = await startPeer(t, {
    plugins: ['greylist'],
    sections: `group "own" { symbols { SCORE { weight = 1; } } } ${sections}`,
    folder,
    lua: `rspamd_config:register_symbol({ name = 'SCORE', callback = function(task)
      task:insert_result('SCORE', tonumber(task:get_header('X-Score') or '0')) end })`,
  });
  const scanner = await makeScanner(`${actions} ${sections}`, [score]);
  const mails = [
    mail(5),
    mail(5, { Rcpt: 'z@example.net' }, 'Short.'),
    mail(5, { IP: '2001:db8:1:2:3::4' }),
    mail(5, { From: '<>' }),
    { ...mail(5), text: mail(5).text.replace(/^Subject: .*$/m, 'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=') },
    { ...mail(5), text: mail(5).text.replace(/^From: .*\r\n/m, '') },
  ];
  for (const one of mails) {
    await client.flushAll();
    const theirs = await peer(one);
    assert.equal(theirs.action, 'soft reject', one.text);
    // Debian's version has only the body in the other key.
    const keys = await client.keys('rgm*');
    assert.equal(keys.length, 1);
    const known = await scanText(scanner, one.text, {
      headers: Object.entries(one.headers ?? {}),
      receivedAt: Date.now(),
    });
    assert.deepEqual(
      [known.action, known.symbols['GREYLIST']?.options?.at(-1)],
      ['soft reject', 'too early'],
      one.text,
    );
    await client.flushAll();
    await scanText(scanner, one.text, { headers: Object.entries(one.headers ?? {}), receivedAt: Date.now() });
    assert.deepEqual(await client.keys('rgm*'), keys, one.text);
    const again = await peer(one);
    assert.deepEqual([again.action, again.symbols['GREYLIST']?.options?.at(-1)], ['soft reject', 'too early']);
  }
});

test('what cannot be used is told', { timeout: 30_000 }, async () => {
  const servers = 'servers = "127.0.0.1:1";';
  assert.deepEqual(await findingsOf(`greylist { timeout = 1min; }`), [
    '2: notice: greylist: nothing is delayed, as no servers of Redis are named',
  ]);
  assert.deepEqual(await findingsOf(`greylist { ${servers} action = "later"; }`), [
    '2: warning: greylist: nothing is delayed, as there is no action later',
  ]);
  assert.deepEqual(await findingsOf(`greylist { ${servers}\nmessage_func = "x";\nwhitelist_ip = "x";\n}`), [
    '4: warning: unknown option whitelist_ip in section greylist has no effect (did you mean whitelisted_ip?)',
    '3: notice: option message_func has no effect yet: a text that a function of Lua makes',
  ]);
});
