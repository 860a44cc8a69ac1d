import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Logger } from '../../../src/message/log.ts';
import { decrypt, generateKeyPair, loadCipher, PublicKey, sharedKey } from '../../../src/wire/crypt/index.ts';
import { freePort } from '../../support/free-port.ts';
import { findingsOf } from '../modules/support.ts';
import { startDns } from '../native/rig.ts';
import { clean, emptyDns, makeScanner, type Reply, type ScanOf, scanText, stockActions } from '../support.ts';
import { type ReplyOf, replyTo, startStorage } from './fake.ts';

const limits = { timeout: 60_000 };

const options =
  'min_bytes = 1; max_score = 10; symbol = OTHER; fuzzy_map { ONE { flag = 1; } TWO { flag = 2; max_score = 20; } }';

async function scan(port: number, more = '', request: ScanOf = {}, dns = emptyDns): Promise<Reply['symbols']> {
  const rule = `fuzzy_check { timeout = 0.2; retransmits = 1; rule "test" { servers = "127.0.0.1:${port}"; ${options} ${more} } }`;
  const weights = 'group "fuzzy" { symbols { ONE { weight = 10; } TWO { weight = 1; } OTHER { weight = 2; } } }';
  const scanner = await makeScanner(`${stockActions} ${rule} ${weights}`, [], dns);
  return (await scanText(scanner, clean, request)).symbols;
}

test('a storage that knows the newer form names several lists', limits, async (t) => {
  const versions: number[] = [];
  const port = await startStorage(t, (query, reply) => {
    versions.push(query[0] as number);
    reply(
      replyTo(query, {
        value: 10,
        flag: 1,
        probability: 1,
        more: [
          [5, 2],
          [10, 9],
        ],
      }),
    );
  });
  const { ONE, TWO, OTHER } = await scan(port);
  assert.deepEqual(versions, [0x14]);
  assert.match(ONE?.options?.[0] ?? '', /^1:[0-9a-f]{10}:1\.00:bin$/);
  assert.ok(Math.abs((ONE?.score ?? 0) - 10 * Math.tanh(Math.E)) < 0.01);
  assert.ok(Math.abs((TWO?.score ?? 0) - Math.tanh(Math.E / 4)) < 0.01);
  assert.ok((OTHER?.score ?? 0) > 1.9);
  assert.equal((await scan(port, 'skip_unknown = yes;'))['OTHER'], undefined);
  assert.equal((await scan(port, 'weight_threshold = 0.9;'))['TWO'], undefined);
  assert.deepEqual(
    Object.keys(await scan(port, 'mode = "write_only";')).filter((name) => name === 'ONE'),
    [],
  );
});

test('what was found is logged as Rspamd does', limits, async (t) => {
  const port = await startStorage(t, (query, reply) => {
    const bytes = replyTo(query, { value: 10, flag: query.length === 76 ? 1 : 9, probability: 0.6875 });
    bytes.writeUInt32LE(Date.UTC(2026, 10, 22, 11, 59, 0) / 1000, 80);
    reply(bytes);
  });
  const lines: string[] = [];
  const logger: Logger = {
    enabled: () => true,
    log: (level, module, _fn, _id, text) => lines.push(`${level} ${module}: ${text}`),
  };
  const rule = `fuzzy_check { rule "test" { servers = "127.0.0.1:${port}"; ${options} } } milter_headers { use = ["fuzzy-hashes"]; }`;
  const { milter } = await scanText(await makeScanner(`${stockActions} ${rule}`, [], emptyDns, logger), clean);
  const { add_headers: added } = milter as { add_headers: Record<string, { value: string }> };
  assert.match(
    added['X-Rspamd-Fuzzy']?.value ?? '',
    /^[0-9a-f]{128} \(rule=test;\s+flag=1;\s+prob=0\.69;\s+added=2026-11-22 11:59:00\)$/,
  );
  const [line = ''] = lines.filter((one) => one.includes('fuzzy_check'));
  assert.match(
    line,
    /^notice fuzzy_check: found exact fuzzy hash\(bin\) [0-9a-f]{128} with weight: 0\.37, probability 0\.69, in list: ONE:1; added on 22\.11\.2026 11:59:00 GMT$/,
  );
});

test('one that knows version 4 only is asked again in it, and from then on at once', limits, async (t) => {
  const versions: number[] = [];
  const port = await startStorage(t, (query, reply) => {
    versions.push(query[0] as number);
    if (query[0] === 4) reply(replyTo(query, { value: 10, flag: 1, probability: 0.9 }));
  });
  const { ONE } = await scan(port);
  assert.deepEqual(versions, [0x14, 4]);
  assert.ok(Math.abs((ONE?.score ?? 0) - 10 * Math.tanh(Math.E) * 0.8) < 0.01, `${ONE?.score}`);
});

test('garbage, replies to others and what is cut short do not count', limits, async (t) => {
  const port = await startStorage(t, (query, reply) => {
    for (const length of [0, 1, 95, 96, 143, 144, 500, 8000]) reply(randomBytes(length));
    const good: ReplyOf = { value: 10, flag: 1, probability: 1 };
    reply(replyTo(query, { ...good, tag: (query.readUInt32LE(8) + 5) % 2 ** 32 }));
    reply(replyTo(query, good).subarray(0, 95));
    reply(replyTo(query, { ...good, flag: 2 }));
    reply(replyTo(query, good));
  });
  const symbols = await scan(port);
  assert.equal(symbols['ONE'], undefined);
  assert.ok(symbols['TWO'] !== undefined);
});

test('numbers beyond reason give no score beyond the weight', limits, async (t) => {
  for (const probability of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
    const port = await startStorage(t, (query, reply) =>
      reply(replyTo(query, { value: 0x7fff_ffff, flag: 1, probability })),
    );
    assert.ok(((await scan(port))['ONE']?.score ?? 0) <= 10);
  }
});

test('refusals have symbols of their own', limits, async (t) => {
  for (const [value, symbol] of [
    [403, 'FUZZY_RATELIMITED'],
    [503, 'FUZZY_FORBIDDEN'],
    [415, 'FUZZY_ENCRYPTION_REQUIRED'],
  ] as const) {
    const port = await startStorage(t, (query, reply) => reply(replyTo(query, { value, flag: 0, probability: 0 })));
    assert.deepEqual((await scan(port))[symbol]?.options, ['test']);
  }
});

test('a storage that is silent, or not there, leaves a verdict', limits, async (t) => {
  const silent = await startStorage(t, () => {});
  assert.equal((await scan(silent))['ONE'], undefined);
  assert.equal((await scan(await freePort()))['ONE'], undefined);
});

test('an encrypted query: who has the key reads the sender, who has none is not believed', limits, async (t) => {
  const cipher = await loadCipher();
  const pair = generateKeyPair();
  const seen: Buffer[] = [];
  const port = await startStorage(t, (query, reply) => {
    assert.equal(query.toString('latin1', 0, 4), 'rsfe');
    assert.ok(query.subarray(4, 12).equals(pair.publicKey.bytes.subarray(0, 8)));
    const key = sharedKey(cipher, pair, new PublicKey(query.subarray(12, 44)));
    const plain = decrypt(cipher, query.subarray(84), query.subarray(68, 84), query.subarray(44, 68), key);
    assert.ok(plain);
    seen.push(plain);
    const open = replyTo(plain, { value: 10, flag: 1, probability: 1 });
    reply(open);
    reply(Buffer.concat([randomBytes(40), open]));
  });
  const key = `encryption_key = "${pair.publicKey}";`;
  const headers = [['IP', '192.0.2.7']] as const;
  assert.equal((await scan(port, key, { headers }))['ONE'], undefined);
  // In plain version 4, which comes last, nothing that older storages do not know.
  const sender = Buffer.from('d\x0bexample.org4\xc0\x00\x02\x07', 'latin1');
  assert.deepEqual(seen.at(-1)?.subarray(76), sender);
  assert.deepEqual(seen[0]?.subarray(76, -4), Buffer.concat([sender, Buffer.from([0x80, 4])]));
  seen.length = 0;
  for (const [more, request] of [
    [`${key} no_share = yes;`, { headers }],
    [key, { headers: [...headers, ['User', 'me']] }],
    [key, { headers: [['IP', '127.0.0.1']] }],
    [key, {}],
  ] as const)
    await scan(port, more, request);
  assert.deepEqual([...new Set(seen.map(({ length }) => length))], [76]);
});

test('an encrypted query tells what authentication came to', limits, async (t) => {
  const cipher = await loadCipher();
  const pair = generateKeyPair();
  let told: (facts: number) => void = () => {};
  const port = await startStorage(t, (query) => {
    const key = sharedKey(cipher, pair, new PublicKey(query.subarray(12, 44)));
    const plain = decrypt(cipher, query.subarray(84), query.subarray(68, 84), query.subarray(44, 68), key);
    if (plain?.[0] === 0x14) told(plain.readUInt32BE(plain.length - 4));
  });
  const { resolver } = await startDns(t, {
    'example.org': { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] },
    '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
  });
  const ask = async (...headers: ReadonlyArray<readonly [string, string]>): Promise<number> => {
    const facts = new Promise<number>((resolve) => {
      told = resolve;
    });
    const key = `encryption_key = "${pair.publicKey}";`;
    await scan(port, key, { headers: [['IP', '192.0.2.7'], ...headers] }, resolver);
    return facts;
  };
  // Codes are those of rspamd: src/libserver/fuzzy_wire.h.
  const code = (of: { spf: number; dkim: number; dmarc: number; name?: number; more?: number }): number =>
    of.spf | (of.dkim << 3) | (of.dmarc << 6) | ((of.name ?? 0) << 9) | (of.more ?? 0);
  const generic = 1 << 11;
  const severalRecipients = 1 << 12;
  const tls = 1 << 14;
  const from = ['From', 'anna@example.org'] as const;
  assert.equal(await ask(from), code({ spf: 2, dkim: 1, dmarc: 2 }));
  assert.equal(
    await ask(
      ['From', 'x@example.com'],
      ['Hostname', 'mail.example.org'],
      ['TLS-Cipher', 'x'],
      ['Rcpt', 'a@example.net'],
      ['Rcpt', 'b@example.net'],
    ),
    code({ spf: 1, dkim: 1, dmarc: 5, name: 3, more: severalRecipients | tls }),
  );
  assert.equal(await ask(from, ['Hostname', 'unknown']), code({ spf: 2, dkim: 1, dmarc: 2, name: 1 }));
  const home = await ask(from, ['Hostname', 'dsl-pool-192-0-2-7.example.org']);
  assert.equal(home, code({ spf: 2, dkim: 1, dmarc: 2, name: 3, more: generic }));
});

test('what a rule has wrong is told, and what it has that nothing heeds', limits, async () => {
  const scanner = await makeScanner(`${stockActions} fuzzy_check {
    rule "a" { servers = "127.0.0.1"; encryption_key = "nonsense"; }
    rule "b" { symbol = B; }
    rule "c" { servers = "127.0.0.1"; policy = "mine"; algorithm = "md5"; learn_condition = "return 1"; mode = "none"; prob_bias = 1;
      checks { text { } sound { } } fuzzy_map { X { } } }
    rule "d" { enabled = no; } }`);
  const problems = scanner.problems.filter((text) => text.startsWith('fuzzy_check'));
  assert.equal(problems.length, 8, problems.join('\n'));
  for (const expected of [
    /a: encryption_key/,
    /b: there are no servers/,
    /c: there is no policy mine/,
    /c: there is no algorithm md5/,
    /c: there is no mode none/,
    /c: prob_bias/,
    /c: there is no check sound/,
    /c: fuzzy_map: X/,
  ])
    assert.ok(
      problems.some((text) => expected.test(text)),
      `${expected}\n${problems.join('\n')}`,
    );
});

test('options that nobody knows, or that have no effect, are told', limits, async () => {
  const told = await findingsOf(`fuzzy_check { min_byte = 5; min_bytes = 5k;
    rule "a" { servers = "127.0.0.1"; learn_condition = "x"; html_shingle = yes; tcp { auto = yes; treshold = 5; } } }`);
  assert.equal(told.length, 5, told.join('\n'));
  for (const expected of [
    /warning: unknown option min_byte .*min_bytes/,
    /notice: option min_bytes has no effect yet: that of each rule counts/,
    /notice: option learn_condition has no effect yet: hashes are only looked for/,
    /warning: unknown option html_shingle .*html_shingles/,
    /warning: unknown option treshold .*threshold/,
  ])
    assert.match(told.join('\n'), expected);
});
