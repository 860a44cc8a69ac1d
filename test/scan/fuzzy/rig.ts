import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { request } from 'undici';
import { generateKeyPair, writeKeyPair } from '../../../src/wire/crypt/index.ts';
import { freePort } from '../../support/free-port.ts';
import { startRspamd } from '../../support/rspamd.ts';
import type { Reply } from '../support.ts';

export interface Rig {
  /** The section `fuzzy_check`, for both sides. */
  readonly section: string;
  /** Of the storage. */
  readonly port: number;
  /** Teaches the storage, as an administrator does. */
  add(message: string, flag: number, weight: number): Promise<void>;
  /** What that Rspamd finds. */
  theirs(message: string): Promise<Reply>;
}

/** Rspamd with a storage, and a controller that teaches it. @param program another one than Debian's */
export async function start(t: TestContext, options: string, encrypted: boolean, program?: string): Promise<Rig> {
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
    program,
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
    port: storage,
    add: async (message, flag, weight) => {
      const said = await ask('/fuzzyadd', message, { Flag: `${flag}`, Weight: `${weight}` });
      assert.equal((said as { success?: boolean }).success, true, JSON.stringify(said));
    },
    theirs: async (message) => (await ask('/checkv2', message)) as Reply,
  };
}

export const weights = `group "fuzzy" { symbols { FUZZY_UNKNOWN { weight = 5; } FUZZY_DENIED { weight = 12; } FUZZY_WHITE { weight = -2.1; } } }`;

/** Fuzzy symbols and their options. */
export const named = (reply: Reply): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(reply.symbols)
      .filter(([name]) => name.startsWith('FUZZY_'))
      .map(([name, { options = [] }]) => [name, options]),
  );

/** The storage writes what it was told once in a second. */
export async function eventually(ask: () => Promise<Reply>, symbol: string): Promise<Reply> {
  for (;;) {
    const reply = await ask();
    if (reply.symbols[symbol] !== undefined) return reply;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
