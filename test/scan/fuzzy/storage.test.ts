import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { generateKeyPair, writeKeyPair } from '../../../src/wire/crypt/index.ts';
import { freePort, noRspamd, startRspamd } from '../../support/rspamd.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';

const limits = { timeout: 120_000, skip: noRspamd };

const words = (from: number, count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `word${String.fromCharCode(97 + ((from + at) % 26))}${(from + at) % 300}x`,
  ).join(' ');

function mail(subject: string, text: string): string {
  return `From: Anna <anna@example.org>\r\nTo: b@example.net\r\nSubject: ${subject}\r\nMessage-ID: <1@example.org>\r\nDate: Sun, 22 Nov 2026 11:59:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
}

function withFile(bytes: Buffer): string {
  const file = bytes.toString('base64').replace(/.{76}/g, '$&\r\n');
  return `From: Anna <anna@example.org>\r\nTo: b@example.net\r\nSubject: file\r\nMessage-ID: <2@example.org>\r\nDate: Sun, 22 Nov 2026 11:59:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\n${file}\r\n--x--\r\n`;
}

interface Rig {
  /** The section `fuzzy_check`, for both sides. */
  readonly section: string;
  /** Teaches the storage, as an administrator does. */
  add(message: string, flag: number, weight: number): Promise<void>;
  /** What Debian's Rspamd finds. */
  theirs(message: string): Promise<Reply>;
}

/** Debian's Rspamd with a storage, and a controller that teaches it. */
async function start(t: TestContext, options: string, encrypted: boolean): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-fuzzy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [port, storage] = [await freePort(), await freePort()];
  const pair = writeKeyPair(generateKeyPair());
  const keypair = encrypted
    ? `keypair { pubkey = "${pair['pubkey']}"; privkey = "${pair['privkey']}"; } encrypted_only = true;`
    : '';
  const key = encrypted ? `encryption_key = "${pair['pubkey']}";` : '';
  const section = `fuzzy_check { min_bytes = 10; timeout = 2s; retransmits = 3; rule "test" {
    ${options} ${key} servers = "127.0.0.1:${storage}"; symbol = "FUZZY_UNKNOWN"; min_bytes = 20; min_length = 32;
    mime_types = ["application/*"]; max_score = 20; skip_unknown = no;
    fuzzy_map { FUZZY_DENIED { max_score = 20; flag = 11; } FUZZY_WHITE { max_score = 10; flag = 13; } } } }`;
  const rspamd = await startRspamd(t, {
    port,
    ready: '/ping',
    sections: `options { filters = "fuzzy_check"; } worker "controller" { bind_socket = "127.0.0.1:${port}"; count = 1; secure_ip = "127.0.0.1"; }
      worker "fuzzy" { bind_socket = "127.0.0.1:${storage}"; count = 1; backend = "sqlite"; sync = 1s;
        hashfile = "${folder}/fuzzy.db"; allow_update = ["127.0.0.1"]; ${keypair} }
      ${section} ${weights}`,
  });
  const ask = async (path: string, body: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const reply = await request(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers });
    const said = await reply.body.text();
    assert.equal(reply.statusCode, 200, `${said}\n${rspamd.log()}`);
    return JSON.parse(said);
  };
  return {
    section,
    add: async (message, flag, weight) => {
      const said = await ask('/fuzzyadd', message, { Flag: `${flag}`, Weight: `${weight}` });
      assert.equal((said as { success?: boolean }).success, true, JSON.stringify(said));
    },
    theirs: async (message) => (await ask('/checkv2', message)) as Reply,
  };
}

const weights = `group "fuzzy" { symbols { FUZZY_UNKNOWN { weight = 5; } FUZZY_DENIED { weight = 12; } FUZZY_WHITE { weight = -2.1; } } }`;

const named = (reply: Reply): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(reply.symbols)
      .filter(([name]) => name.startsWith('FUZZY_'))
      .map(([name, { options = [] }]) => [name, options]),
  );

/** The storage writes what it was told once in a second. */
async function eventually(ask: () => Promise<Reply>, symbol: string): Promise<Reply> {
  for (;;) {
    const reply = await ask();
    if (reply.symbols[symbol] !== undefined) return reply;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

for (const [options, encrypted] of [
  ['algorithm = "mumhash";', true],
  ['algorithm = "xxhash"; fuzzy_key = "abc"; fuzzy_shingles_key = "def";', false],
  ['', true],
] as const)
  test(`hashes that Debian's Rspamd was taught are found: ${options || 'siphash'}`, limits, async (t) => {
    const rig = await start(t, options, encrypted);
    const scanner = await makeScanner(`${stockActions} ${rig.section} ${weights}`);
    assert.deepEqual(scanner.problems, []);
    const ours = (message: string): Promise<Reply> => scanText(scanner, message);
    const long = mail('long', words(0, 200));
    const short = mail('short', 'some few words that stand in a text of their own');
    const file = withFile(Buffer.from(words(500, 300)));
    const other = mail('other', words(140, 120).replaceAll('x', 'yy'));
    assert.deepEqual(named(await ours(long)), {});
    await rig.add(long, 11, 10);
    await rig.add(short, 13, 5);
    await rig.add(file, 11, 20);

    for (const [message, symbol] of [
      [long, 'FUZZY_DENIED'],
      [short, 'FUZZY_WHITE'],
      [file, 'FUZZY_DENIED'],
    ] as const) {
      const theirs = await eventually(() => rig.theirs(message), symbol);
      const found = await ours(message);
      assert.deepEqual(named(found), named(theirs));
      const [score, expected] = [found.symbols[symbol]?.score ?? 0, theirs.symbols[symbol]?.score ?? 0];
      assert.ok(Math.abs(score - expected) < 0.01, `${symbol}: ${score}, not ${expected}`);
    }
    // Much of it is the same.
    const similar = mail('other subject', `${words(0, 185)} and an end of quite another kind`);
    const [near, theirs] = [await ours(similar), await rig.theirs(similar)];
    const [option = ''] = named(near)['FUZZY_DENIED'] ?? [];
    assert.match(option, /^11:[0-9a-f]{10}:0\.\d\d:txt:[0-9a-f]{10}$/, JSON.stringify(near.symbols));
    assert.deepEqual(named(theirs)['FUZZY_DENIED'], [option.split(':').slice(0, 4).join(':')]);
    assert.ok((near.symbols['FUZZY_DENIED']?.score ?? 0) > 0);
    assert.deepEqual(named(await ours(other)), {});
  });
