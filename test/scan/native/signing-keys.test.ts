import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createClient } from '@redis/client';
import { request } from 'undici';
import type { Logger } from '../../../src/message/log.ts';
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts';
import { noRedis, startRedis } from '../../support/redis.ts';
import { noRspamd, startRspamd } from '../../support/rspamd.ts';
import { clean, makeScanner, scanText, stockActions } from '../support.ts';

const limits = { timeout: 120_000 };

interface Keys {
  /** PEM. */
  readonly rsa: string;
  /** Base 64 of the seed. */
  readonly ed: string;
  readonly server: DnsServer;
}

/** Keys of example.org by the selectors `rsa` and `ed`, and a nameserver that publishes them. */
async function makeKeys(t: TestContext): Promise<Keys> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed = generateKeyPairSync('ed25519');
  const raw = (key: typeof ed.publicKey): Buffer => key.export({ format: 'der', type: 'spki' });
  const server = await startDnsServer(t, {
    'rsa._domainkey.example.org': { TXT: [`v=DKIM1; k=rsa; p=${raw(rsa.publicKey).toString('base64')}`] },
    'ed._domainkey.example.org': {
      TXT: [`v=DKIM1; k=ed25519; p=${raw(ed.publicKey).subarray(-32).toString('base64')}`],
    },
  });
  return {
    rsa: rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    ed: ed.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64'),
    server,
  };
}

const ours = [
  ['IP', '127.0.0.1'],
  ['From', '<a@example.org>'],
  ['Rcpt', '<b@example.net>'],
] as const;

async function fill(port: number, hash: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  await client.connect();
  await client.hSet(hash, fields);
  client.destroy();
}

interface Signed {
  /** Values of the fields that the MTA is to add. */
  readonly signatures: readonly string[];
  /** Options of `DKIM_SIGNED`. */
  readonly by: readonly string[];
  readonly log: readonly string[];
  /** Milliseconds. */
  readonly took: number;
}

/** Scans a message of ours. @param sections of the configuration */
async function sign(
  sections: string,
  headers: ReadonlyArray<readonly [string, string]> = ours,
  message = clean,
): Promise<Signed> {
  const log: string[] = [];
  const logger: Logger = {
    enabled: () => true,
    log: (level, module, _fn, _id, text) => log.push(`${level} ${module}: ${text}`),
  };
  const scanner = await makeScanner(`${stockActions} ${sections}`, [], undefined, logger);
  assert.deepEqual(scanner.problems, []);
  const began = performance.now();
  const reply = await scanText(scanner, message, { headers });
  const value = (reply as { 'dkim-signature'?: string | readonly string[] })['dkim-signature'] ?? [];
  return {
    signatures: [value].flat(),
    by: (reply.symbols['DKIM_SIGNED']?.options ?? []).toSorted(),
    log: log.filter((line) => line.includes('sign')),
    took: performance.now() - began,
  };
}

interface Peer {
  /** Options of symbols that Debian's Rspamd finds. */
  symbols(
    message: string,
    headers?: ReadonlyArray<readonly [string, string]>,
  ): Promise<Record<string, readonly string[]>>;
}

/** Debian's Rspamd, which checks signatures and makes its own ones by those sections. */
async function startPeer(t: TestContext, { server }: Keys, sections = ''): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-signing-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'init.lua'), 'require "global_functions" ()\n');
  const rspamd = await startRspamd(t, {
    nameserver: server.address,
    ready: '/ping',
    sections: `options { filters = "dkim"; } worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
      lua = "${folder}/init.lua"; modules { path = "/usr/share/rspamd/plugins/dkim_signing.lua"; }
      group "dkim" { symbols { DKIM_SIGNED { weight = 0.1; } } } ${sections}`,
  });
  return {
    symbols: async (body, headers = []) => {
      const reply = await request(`http://127.0.0.1:${rspamd.port}/checkv2`, {
        method: 'POST',
        body,
        headers: Object.fromEntries(headers),
      });
      const { symbols } = (await reply.body.json()) as { symbols: Record<string, { options?: string[] }> };
      return Object.fromEntries(Object.entries(symbols).map(([name, { options = [] }]) => [name, options.toSorted()]));
    },
  };
}

/** Ours holds for Debian's Rspamd, as if it came from elsewhere. */
async function holds(peer: Peer, signature: string, message = clean): Promise<void> {
  const symbols = await peer.symbols(`DKIM-Signature: ${signature}\r\n${message}`, [['IP', '192.0.2.7']]);
  assert.ok(symbols['R_DKIM_ALLOW'] !== undefined, JSON.stringify(symbols));
}

test('keys in Redis: what we sign holds for Rspamd, which signs by the same keys', {
  ...limits,
  skip: noRspamd || noRedis,
}, async (t) => {
  const keys = await makeKeys(t);
  const { port } = await startRedis(t);
  await fill(port, 'KEYS', { 'rsa.example.org': keys.rsa, 'ed.example.org': keys.ed });
  await fill(port, 'SELECTORS', { 'example.org': 'ed' });
  const redis = `redis { servers = "127.0.0.1:${port}"; timeout = 30; }`;
  for (const [options, by] of [
    ['selector = "rsa";', ['example.org:s=rsa']],
    ['selector_prefix = "SELECTORS";', ['example.org:s=ed']],
    ['selector = "other";', []],
    [
      'domain { "example.org" { selectors = [{ selector = "rsa"; }, { selector = "ed"; }]; } }',
      ['example.org:s=ed', 'example.org:s=rsa'],
    ],
    ['try_fallback = no; domain { "example.net" { selector = "rsa"; } }', []],
  ] as const) {
    const sections = `${redis} dkim_signing { use_redis = yes; key_prefix = "KEYS"; ${options} }`;
    const peer = await startPeer(t, keys, sections);
    const signed = await sign(sections);
    assert.deepEqual(signed.by, by, options);
    assert.deepEqual((await peer.symbols(clean, ours))['DKIM_SIGNED'] ?? [], by, options);
    assert.equal(signed.signatures.length, by.length);
    for (const signature of signed.signatures) await holds(peer, signature);
    assert.deepEqual(signed.log, []);
  }
  const second = `redis { servers = ["127.0.0.1:1", "127.0.0.1:${port}"]; timeout = 30; } dkim_signing { use_redis = yes; key_prefix = "KEYS"; selector = "rsa"; }`;
  assert.deepEqual((await sign(second)).by, ['example.org:s=rsa']);
});

test('a Redis that is not there, is silent, or has no key, leaves a message without signature, and the log says why', {
  ...limits,
  skip: noRedis,
}, async (t) => {
  const silent = createTcpServer((socket) => {
    t.after(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const { port, stop } = await startRedis(t);
  await fill(port, 'dkim_keys', { 'dkim.example.org': 'nonsense' });
  const section = (server: number, more = '', wait = 30): string =>
    `dkim_signing { use_redis = yes; redis { servers = "127.0.0.1:${server}"; timeout = ${wait}; } ${more} }`;
  const bad = await sign(section(port));
  assert.deepEqual([bad.by, bad.log.length], [[], 1]);
  assert.match(
    bad.log[0] ?? '',
    /^error dkim_signing: signing failure: there is no RSA or Ed25519 key in dkim_keys dkim\.example\.org in Redis/,
  );
  const none = await sign(section(port, 'selector_prefix = "S";'));
  assert.match(none.log[0] ?? '', /signing failure: S in Redis has no selector for example\.org/);
  const quiet = await sign(section((silent.address() as AddressInfo).port, '', 0.5));
  assert.deepEqual(quiet.by, []);
  assert.match(quiet.log[0] ?? '', /signing failure: Redis/);
  assert.ok(quiet.took < 20_000, `${quiet.took}`);
  await stop();
  const gone = await sign(section(port));
  assert.match(gone.log[0] ?? '', /signing failure: Redis cannot be reached: .*ECONNREFUSED/);
});

/** A Vault that answers as the test wants. */
async function startVault(
  t: TestContext,
  answer: (url: string, reply: ServerResponse, headers: IncomingMessage['headers']) => void,
): Promise<string> {
  const server = createServer(({ url = '', headers }, reply) => answer(url, reply, headers)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('keys in a Vault: what we sign holds for Rspamd, which signs by the same keys', {
  ...limits,
  skip: noRspamd,
}, async (t) => {
  const keys = await makeKeys(t);
  const asked: string[] = [];
  const selectors = [
    { selector: 'rsa', key: keys.rsa },
    { selector: 'ed', key: keys.ed, valid_start: 1_000_000_000, valid_end: 4_000_000_000, alg: 'ed25519' },
    { selector: 'later', key: keys.rsa, valid_start: 4_000_000_000 },
    { selector: 'past', key: keys.rsa, valid_end: 1_000_000_000 },
    { selector: 'empty' },
  ];
  const url = await startVault(t, (path, reply, headers) => {
    asked.push(`${path} ${headers['x-vault-token']}`);
    const isNested = path.startsWith('/v1/kv/data/');
    reply.end(JSON.stringify({ data: isNested ? { data: { selectors } } : { selectors } }));
  });
  const options = `use_vault = yes; vault_url = "${url}"; vault_token = "secret";`;
  const both = ['example.org:s=ed', 'example.org:s=rsa'];
  for (const [more, by, path] of [
    ['', both, '/v1/dkim/example.org'],
    ['vault_path = "kv/mail";', both, '/v1/kv/mail/example.org'],
    ['vault_domains = ["*.example.org", "example.org"];', both, '/v1/dkim/example.org'],
    ['vault_domains = ["example.net"];', [], undefined],
  ] as const) {
    const sections = `dkim_signing { ${options} ${more} }`;
    const peer = await startPeer(t, keys, sections);
    assert.deepEqual((await peer.symbols(clean, ours))['DKIM_SIGNED'] ?? [], by, more);
    assert.deepEqual(asked.splice(0), path === undefined ? [] : [`${path} secret`]);
    const signed = await sign(sections);
    assert.deepEqual(signed.by, by, more);
    assert.deepEqual(asked.splice(0), path === undefined ? [] : [`${path} secret`]);
    for (const signature of signed.signatures) await holds(peer, signature);
  }
  // What Debian's release has not yet, or not this way.
  const nested = await sign(`dkim_signing { ${options} vault_kv_version = 2; vault_path = "kv/mail"; }`);
  assert.deepEqual([nested.by, asked.splice(0)], [both, ['/v1/kv/data/mail/example.org secret']]);
  const table = await sign(`dkim_signing { ${options} signing_table = "a@example.org %"; }`);
  assert.deepEqual(table.by, both);
});

test('an ARC set is sealed by the first key that Redis or the Vault has', { ...limits, skip: noRedis }, async (t) => {
  const keys = await makeKeys(t);
  const url = await startVault(t, (_, reply) =>
    reply.end(JSON.stringify({ data: { selectors: [{ selector: 'ed', key: keys.ed }] } })),
  );
  const { port } = await startRedis(t);
  await fill(port, 'arc_keys', { 'rsa.example.org': keys.rsa });
  for (const [options, by] of [
    [`use_vault = yes; vault_url = "${url}"; vault_token = "x";`, 'ed'],
    [`use_redis = yes; selector = "rsa"; servers = "127.0.0.1:${port}"; timeout = 30;`, 'rsa'],
  ] as const) {
    const scanner = await makeScanner(`${stockActions} arc { use_domain = "header"; ${options} }`);
    const { symbols } = await scanText(scanner, clean, { headers: ours });
    assert.deepEqual(symbols['ARC_SIGNED']?.options, [`example.org:s=${by}:i=1`]);
  }
});

test('a Vault that misbehaves leaves a message without signature, and the log says why', limits, async (t) => {
  const silence = /signing failure: .*(?:timeout|aborted)/;
  const cases: ReadonlyArray<readonly [(reply: ServerResponse) => void, RegExp]> = [
    [(reply) => reply.writeHead(403).end('{"errors":["permission denied"]}'), /the Vault answers 403/],
    [(reply) => reply.end('{}'), /is not JSON with data/],
    [(reply) => reply.end('garbage'), /is not JSON with data/],
    [(reply) => reply.end('{"data":{"selectors":[{"selector":"s","key":"x"}]}}'), /no RSA or Ed25519 key in the Vault/],
    [(reply) => reply.destroy(), /signing failure: /],
    [() => {}, silence],
    [(reply) => reply.end('x'.repeat(2_000_000)), /signing failure: /],
  ];
  for (const [answer, expected] of cases) {
    const url = await startVault(t, (_, reply) => answer(reply));
    const signed = await sign(
      `dkim_signing { use_vault = yes; vault_url = "${url}"; vault_token = "secret"; http_timeout = ${expected === silence ? 0.5 : 30}; }`,
    );
    assert.deepEqual([signed.by, signed.log.length], [[], 1], `${expected}`);
    assert.match(signed.log[0] ?? '', expected);
    assert.doesNotMatch(signed.log[0] ?? '', /secret/);
    assert.ok(signed.took < 20_000, `${signed.took}`);
  }
  const nobody = await sign('dkim_signing { use_vault = yes; vault_url = "http://127.0.0.1:1"; vault_token = "x"; }');
  assert.match(nobody.log[0] ?? '', /signing failure: .*ECONNREFUSED/);
});

test('fields of the request say by what to sign', { ...limits, skip: noRspamd }, async (t) => {
  const keys = await makeKeys(t);
  const section = (more = ''): string => `dkim_signing { use_http_headers = yes; path = "/nowhere/key"; ${more} }`;
  const stranger = ours.filter(([name]) => name !== 'IP');
  const fields = [
    ['PerformDkimSign', '1'],
    ['DkimDomain', 'example.org'],
    ['DkimSelector', 'ed'],
    ['DkimPrivateKey', keys.ed],
  ] as const;
  const peer = await startPeer(t, keys, section());
  for (const [headers, by] of [
    [[...stranger, ...fields], ['example.org:s=ed']],
    [ours, []],
  ] as const) {
    const signed = await sign(section(), headers);
    assert.deepEqual(signed.by, by);
    assert.deepEqual((await peer.symbols(clean, headers))['DKIM_SIGNED'] ?? [], by);
    for (const signature of signed.signatures) await holds(peer, signature);
  }
  const half = await sign(section(), [...stranger, ...fields.slice(0, 2)]);
  assert.match(
    half.log[0] ?? '',
    /the request asks for a signature, but has not all of DkimDomain, DkimSelector and DkimPrivateKey/,
  );
  const renamed = await sign(section('http_sign_header = "Please";'), [...stranger, ...fields, ['Please', 'yes']]);
  assert.deepEqual(renamed.by, ['example.org:s=ed']);
  // As usual where the request says nothing: the key file is missing.
  assert.deepEqual((await sign(section('allow_headers_fallback = yes;'), ours)).by, []);
});
