import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { noRspamd, startRspamd } from '../../support/rspamd.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';

const message = [
  'From: "Some Body" <anna@lists.example.org>',
  'To: b@example.net, c@example.com',
  'Subject: Cheap watches',
  'X-Mailer: Bulk 3.1',
  'Message-ID: <1@example.org>',
  'Date: Sun, 22 Nov 2026 11:59:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=x',
  '',
  '--x',
  'Content-Type: text/plain',
  '',
  'See http://www.shop.example.com/path and write soon.',
  '--x',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename="invoice.EXE"',
  '',
  'MZ',
  '--x--',
  '',
].join('\r\n');

const headers = {
  IP: '192.0.2.7',
  From: 'bounce@mailer.example.org',
  Rcpt: 'b@example.net',
  Helo: 'mx.example.org',
  User: 'Anna',
  Hostname: 'mx1.example.org',
};

/** Rules that both sides have; those with `NOT_` find nothing. */
const rules = (folder: string): string => `
  M_IP { type = "ip"; map = "${folder}/networks"; score = 0.1; }
  NOT_IP { type = "ip"; map = "${folder}/others"; score = 0.1; }
  M_FROM { type = "from"; map = "${folder}/addresses"; score = 0.2; }
  M_DOMAIN { type = "from"; filter = "email:domain"; map = "${folder}/domains"; score = 0.3; }
  M_MIME_FROM { type = "from"; extract_from = "mime"; filter = "email:domain"; map = "${folder}/domains"; score = 0.1; }
  M_RCPT { type = "rcpt"; map = "${folder}/rcpts"; score = 0.1; }
  M_RCPT_DOMAIN { type = "rcpt"; map = "${folder}/rcptdomains"; score = 0.1; }
  M_SUBJECT { type = "header"; header = "Subject"; regexp = true; map = "${folder}/regexps"; score = 0.1; }
  NOT_SUBJECT { type = "header"; header = "Subject"; regexp = true; map = "${folder}/domains"; score = 0.1; }
  M_MAILER { type = "header"; header = "X-Mailer"; filter = "regexp:/^(\\\\w+)/"; map = "${folder}/words"; score = 0.1; }
  M_GLOB { type = "hostname"; glob = true; map = "${folder}/globs"; score = 0.1; }
  M_USER { type = "user"; map = "${folder}/users"; score = 0.1; }
  M_URL { type = "url"; map = "${folder}/urls"; score = 0.1; }
  M_TLD { type = "url"; filter = "tld"; map = "${folder}/tlds"; score = 0.1; }
  M_FILE { type = "filename"; filter = "extension"; map = "${folder}/extensions"; score = 0.1; }
  M_NEEDS { type = "user"; map = "${folder}/users"; require_symbols = "M_IP & !NOT_IP"; score = 0.1; }
  NOT_NEEDS { type = "user"; map = "${folder}/users"; require_symbols = "NOT_IP"; score = 0.1; }
`;

function makeMaps(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-multimap-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const maps: Record<string, string> = {
    networks: '198.51.100.0/24\n192.0.2.0/24\n',
    others: '198.51.100.0/24\n',
    addresses: '# comment\nbounce@mailer.example.org\n',
    domains: 'mailer.example.org 2.0\nlists.example.org\n',
    rcpts: 'B@example.net\n',
    rcptdomains: 'example.net\n',
    regexps: '/nothing/\n/cheap\\s+watch/i\n',
    words: 'bulk\n',
    globs: '*.example.org\n',
    users: 'anna\n',
    urls: 'www.shop.example.com\n',
    tlds: 'example.com\n',
    extensions: 'exe\n',
  };
  for (const [name, text] of Object.entries(maps)) writeFileSync(join(folder, name), text);
  return folder;
}

const found = (reply: Reply): Record<string, readonly [number, readonly string[]]> =>
  Object.fromEntries(
    Object.entries(reply.symbols)
      .filter(([name]) => /^(?:M|NOT)_/.test(name))
      .map(([name, { score, options = [] }]) => [name, [score, [...options].sort()] as const]),
  );

test("Debian's Rspamd and we find the same by the same maps", { timeout: 120_000, skip: noRspamd }, async (t) => {
  const folder = makeMaps(t);
  writeFileSync(join(folder, 'init.lua'), 'require "global_functions" ()\n');
  const rspamd = await startRspamd(t, {
    sections: `worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
      lua = "${folder}/init.lua"; modules { path = "/usr/share/rspamd/plugins/multimap.lua"; } multimap { ${rules(folder)} }`,
    ready: '/ping',
  });
  const reply = await request(`http://127.0.0.1:${rspamd.port}/checkv2`, { method: 'POST', body: message, headers });
  const theirs = (await reply.body.json()) as Reply;
  const scanner = await makeScanner(`${stockActions} multimap { ${rules(folder)} }`);
  assert.deepEqual(scanner.problems, []);
  const ours = await scanText(scanner, message, { headers: Object.entries(headers) });
  // Debian's does not know the option extract_from yet.
  const { M_MIME_FROM: _, ...same } = found(theirs);
  const { M_MIME_FROM, ...all } = found(ours);
  assert.deepEqual(all, same, rspamd.log());
  assert.deepEqual(M_MIME_FROM?.[1], ['lists.example.org']);
});

test('what the maps of a message find', { timeout: 60_000 }, async (t) => {
  const scanner = await makeScanner(`${stockActions} multimap { ${rules(makeMaps(t))} }`);
  assert.deepEqual(scanner.problems, []);
  const reply = await scanText(scanner, message, { headers: Object.entries(headers) });
  const names = Object.keys(found(reply)).sort();
  const expected = 'DOMAIN FILE FROM GLOB IP MAILER MIME_FROM NEEDS RCPT RCPT_DOMAIN SUBJECT TLD URL USER'.split(' ');
  assert.deepEqual(
    names,
    expected.map((name) => `M_${name}`),
  );
  assert.equal(reply.symbols['M_DOMAIN']?.score, 0.6);
});

test('an action ends the scan; entries name symbols; what cannot be used is told', { timeout: 60_000 }, async () => {
  const scanner = await makeScanner(`${stockActions} multimap {
    BLOCKED { type = "ip"; map = ["192.0.2.0/24"]; action = "reject"; message = "go away"; }
    NAMES { type = "user"; map = ["anna OTHER:2:a,b", "bob UNKNOWN:3"]; symbols = ["OTHER"]; score = 1; }
    BAD_TYPE { type = "planet"; map = ["x"]; }
    BAD_FILTER { type = "from"; filter = "email:shoe"; map = ["x"]; }
    NO_MAP { type = "from"; }
    BAD_NEED { type = "from"; map = ["x"]; require_symbols = "A & & B"; }
    GTUBE { type = "from"; map = ["x"]; }
    ANY { type = "user"; map = ["carl FREE:2.5", "dora DYN:2"]; score = 3; }
    DYNAMIC { type = "user"; map = ["dora DYN2:2"]; score = 3; dynamic_symbols = true; }
    ONE { type = "user"; map = ["carl FREE:2"]; disable_multisymbol = true; score = 1; }
    ODD { type = "from"; map = ["x"]; skip_this = true; } }`);
  const refused = await scanText(scanner, message, { headers: [['IP', '192.0.2.7']] });
  assert.equal(refused.action, 'reject');
  assert.equal(refused.messages['smtp_message'], 'go away');
  const named = await scanText(scanner, message, { headers: [['User', 'anna']] });
  assert.deepEqual(named.symbols['OTHER']?.options, ['a', 'b']);
  const other = await scanText(scanner, message, { headers: [['User', 'bob']] });
  assert.deepEqual([other.symbols['NAMES']?.score, other.symbols['NAMES']?.options], [3, ['bob']]);
  const free = await scanText(scanner, message, { headers: [['User', 'carl']] });
  assert.deepEqual([free.symbols['FREE']?.score, free.symbols['ANY']], [2.5, undefined]);
  assert.deepEqual([free.symbols['ONE']?.score, free.symbols['ONE']?.options], [2, ['carl', 'FREE:2']]);
  const dynamic = await scanText(scanner, message, { headers: [['User', 'dora']] });
  assert.deepEqual([dynamic.symbols['DYN']?.score, dynamic.symbols['DYN2']?.score], [2, 6]);
  const problems = scanner.problems.join('\n');
  for (const expected of [
    /BAD_TYPE of section multimap is off/,
    /BAD_FILTER of section multimap is off/,
    /NO_MAP of section multimap is off/,
    /BAD_NEED of section multimap is off/,
    /option skip_this of rule ODD/,
  ])
    assert.match(problems, expected);
});
