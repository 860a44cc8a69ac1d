import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createClient } from '@redis/client';
import { request } from 'undici';
import { noRedis, startRedis } from '../../support/redis.ts';
import { noRspamd, startRspamd } from '../../support/rspamd.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';
import { writeCdb } from './cdb-file.ts';

const message = [
  'Received: from outer.example.org (real.example.net [198.51.100.7])',
  '\tby mx.example.com (Postfix) with ESMTPS id 1 for <b@example.net>; Sun, 22 Nov 2026 11:59:00 +0000',
  'Received: from inner.example.org (inner.example.org [203.0.113.9])',
  '\tby outer.example.org (Postfix) with ESMTPSA id 2; Sun, 22 Nov 2026 11:58:00 +0000',
  'Received: from first.example.org (first.example.org [10.1.2.3])',
  '\tby inner.example.org (Postfix) with ESMTP id 3; Sun, 22 Nov 2026 11:57:00 +0000',
  'From: "Some Body" <anna@lists.example.org>',
  'To: b@example.net, Carl <c@sub.example.com>',
  'Reply-To: "First" <one@first.example.org>, two@second.example.com',
  'Subject: Cheap #1 watches (today)',
  'X-Origin: 192.0.2.77',
  'X-Mailer: Bulk 3.1',
  'Message-ID: <1@example.org>',
  'Date: Sun, 22 Nov 2026 11:59:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=x',
  '',
  '--x',
  'Content-Type: text/plain',
  '',
  'See http://www.shop.example.com/path?q=1 and http://www.shop.example.com/other and',
  'https://user@admin.example.net:8443/x/y#z soon. Write to somebody@mail.example.org at once.',
  '--x',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename="Invoice 7.EXE"',
  '',
  'MZ',
  '--x--',
  '',
].join('\r\n');

const headers = {
  IP: '192.0.2.7',
  From: 'bounce@mailer.example.org',
  Rcpt: 'b@example.net',
  Helo: 'mx.deep.example.org',
  User: 'Anna',
  Hostname: 'mx1.deep.example.org',
  'X-Tenant': 'blue',
  // No score ends the scan early.
  Pass: 'all',
};

const maps: Readonly<Record<string, string>> = {
  // Of several networks the narrowest counts; entries may say more.
  networks: '192.0.0.0/8 WIDE:9\n192.0.2.0/24 NET_SYM:2.5\n198.51.100.0/24 4\n203.0.113.9\n2001:db8::/32 7\n',
  several: '/cheap/i 2\n/watch/i 3\n/none/ 4\n/#1/ OTHER:1.5\n',
  globs: 'mx2*.example.org 2\n*.deep.example.* 3\nMX1.* 4\nmx1.*.org 5\n',
  quoted: '"Carl Somebody" 2\n"some body" 3 # comment\n',
  slashed: '/cheap #\\d+ (?:x|watches)/ 2 # comment\n/unfinished\n',
  values: 'bulk 3.1 SYM\nanna LISTED:2 trailing words\n',
  plain: 'anna just words\nbob\n',
  hosts: 'www.shop.example.com 1\nadmin.example.net 2\n',
  domains: 'example.org\nexample.com 2\nfirst.example.org 3\nsecond.example.com\nmailer.example.org\nexample.net\n',
  paths: 'x/y 2\npath\n',
  queries: 'q=1 2\n',
  fulls: 'path?q 2\n',
  templates: 'http-www.shop.example.com-gone 2\n',
  names: 'Some Body 2\nfirst 3\n',
  users: 'one\ntwo 2\n',
  mx: 'mx.example.com 2\nouter.example.org\ninner.example.org\n',
  protos: 'esmtpsa 2\nesmtps 3\n',
  tlds: 'example.org 2\n',
  tops: 'org 2\n',
  bodies: '/nothing/i\n/write\\s+to/i 2\n',
  origins: '/^x-origin: /im 3\n',
  files: 'invoice 3\nexe 2\n',
  options: '/^192/ 2\n',
  words: 'cheap 2\nwatch 3\n',
  tenants: 'blue 2\nbluemx.deep.example.org 3\nB@EXAMPLE.NET 4\n',
};

const peerRules = (folder: string): string => `
  R_NET { type = "ip"; map = "${folder}/networks"; score = 1; symbols = ["NET_SYM"]; }
  R_NET_ANY { type = "ip"; map = "${folder}/networks"; score = 1; }
  R_NET_ONE { type = "ip"; map = "${folder}/networks"; score = 1; disable_multisymbol = true; }
  R_MULTI { type = "header"; header = "Subject"; regexp = true; multi = true; map = "${folder}/several"; score = 1; symbols = ["OTHER"]; }
  R_SINGLE { type = "header"; header = "Subject"; regexp = true; map = "${folder}/several"; score = 1; }
  R_GLOBS { type = "hostname"; glob = true; multi = true; map = "${folder}/globs"; score = 1; }
  R_GLOB { type = "helo"; glob = true; map = "${folder}/globs"; score = 1; }
  R_QUOTED { type = "header"; header = "From"; filter = "email:name"; map = "${folder}/quoted"; score = 1; }
  R_SLASHED { type = "header"; header = "Subject"; regexp = true; map = "${folder}/slashed"; score = 1; }
  R_VALUES { type = "user"; map = "${folder}/values"; score = 1; symbols = ["NOTHING"]; }
  R_PLAIN { type = "user"; map = "${folder}/plain"; score = 1; symbols = ["NOTHING"]; }
  R_INLINE { type = "user"; map = ["Anna 2", "anna 3"]; score = 1; }
  R_URLS { type = "url"; map = "${folder}/hosts"; score = 1; }
  R_ONE_URL { type = "url"; map = "${folder}/hosts"; score = 1; one_shot = true; }
  R_URL_TLD { type = "url"; filter = "tld"; map = "${folder}/domains"; score = 1; }
  R_URL_TOP { type = "url"; filter = "top"; map = "${folder}/tops"; score = 1; }
  R_URL_FULL { type = "url"; filter = "full:regexp:/path.q/"; map = "${folder}/fulls"; score = 1; }
  R_URL_RE { type = "url"; filter = "regexp:/^(?:www|admin)/"; map = ["www 2", "admin 3"]; score = 1; }
  R_URL_TEMPLATE { type = "url"; filter = "template:$protocol-\${host}-$gone"; map = "${folder}/templates"; score = 1; }
  R_REPLY_DOMAIN { type = "header"; header = "Reply-To"; filter = "email:domain"; map = "${folder}/domains"; score = 1; }
  R_REPLY_TLD { type = "header"; header = "Reply-To"; filter = "email:domain:tld"; map = "${folder}/domains"; score = 1; }
  R_REPLY_USER { type = "header"; header = ["Reply-To", "X-None"]; filter = "email:user"; map = "${folder}/users"; score = 1; }
  R_REPLY_NAME { type = "header"; header = "Reply-To"; filter = "email:name"; map = "${folder}/names"; score = 1; }
  R_HEADER_RE { type = "header"; header = "X-Mailer"; filter = "regexp:/nothing here/"; map = ["Bulk 3.1"]; score = 1; }
  R_ORIGIN { type = "header"; header = "X-Origin"; filter = "ip_addr"; map = "${folder}/networks"; score = 1; symbols = ["NET_SYM"]; }
  R_FROM { type = "from"; map = "${folder}/domains"; score = 1; }
  R_RCPT { type = "rcpt"; map = "${folder}/domains"; score = 1; }
  R_HELO { type = "helo"; filter = "tld"; map = "${folder}/tlds"; score = 1; }
  R_HELO_RE { type = "helo"; filter = "tld:regexp:/^ex\\\\w+/"; map = ["example 2"]; score = 1; }
  R_HOST_TOP { type = "hostname"; filter = "top"; map = "${folder}/tops"; score = 1; }
  R_RECEIVED { type = "received"; map = "${folder}/networks"; score = 1; symbols = ["NET_SYM"]; }
  R_RECEIVED_ALL { type = "received"; artificial = true; map = "${folder}/networks"; score = 1; symbols = ["NET_SYM"]; }
  R_RECEIVED_BY { type = "received"; filter = "by_hostname"; map = "${folder}/mx"; score = 1; }
  R_RECEIVED_TLD { type = "received"; filter = "tld:from_hostname"; map = "${folder}/domains"; score = 1; }
  R_RECEIVED_FIRST { type = "received"; filter = "by_hostname"; max_pos = 1; map = "${folder}/mx"; score = 1; }
  R_RECEIVED_LAST { type = "received"; filter = "by_hostname"; min_pos = -1; map = "${folder}/mx"; score = 1; }
  R_RECEIVED_LAST2 { type = "received"; filter = "by_hostname"; min_pos = -2; map = "${folder}/mx"; score = 1; }
  R_RECEIVED_BUT2 { type = "received"; filter = "by_hostname"; max_pos = -2; map = "${folder}/mx"; score = 1; }
  R_RECEIVED_FROM2 { type = "received"; filter = "by_hostname"; min_pos = 2; map = "${folder}/mx"; score = 1; }
  R_RECEIVED_SSL { type = "received"; filter = "by_hostname"; flags = ["ssl"]; nflags = "authenticated"; map = "${folder}/mx"; score = 1; }
  R_PROTO { type = "received"; filter = "proto"; map = "${folder}/protos"; score = 1; }
  R_BODY { type = "content"; filter = "body"; regexp = true; map = "${folder}/bodies"; score = 1; }
  R_TEXT { type = "content"; filter = "text"; regexp = true; map = "${folder}/bodies"; score = 1; }
  R_ONELINE { type = "content"; filter = "oneline"; regexp = true; map = "${folder}/bodies"; score = 1; }
  R_HEADERS { type = "content"; filter = "headers"; regexp = true; map = "${folder}/origins"; score = 1; }
  R_FULL { type = "content"; regexp = true; map = ["/MZ/"]; score = 1; }
  R_FILE { type = "filename"; filter = "regexp:/^\\\\w+/"; map = "${folder}/files"; score = 1; }
  R_EXT { type = "filename"; filter = "extension"; map = "${folder}/files"; score = 1; }
  R_OPTIONS { type = "symbol_options"; target_symbol = "R_NET_ONE"; regexp = true; map = "${folder}/options"; score = 1; }
  R_WORDS { type = "selector"; selector = "header(Subject).lower.regexp('([a-z]+)').last"; map = "${folder}/words"; score = 1; }
  R_TENANT { type = "selector"; selector = "request_header('X-Tenant')"; map = "${folder}/tenants"; score = 1; }
  R_PAIR { type = "selector"; selector = "request_header(X-Tenant);helo"; map = "${folder}/tenants"; score = 1; }
  R_RCPTS { type = "selector"; selector = "rcpts('smtp'):addr"; map = "${folder}/tenants"; score = 1; }
  R_GROUP { type = "selector"; selector = "header('X-Mailer')"; filter = "regexp:/^B(ul)k/"; map = ["ul 2"]; score = 1; }
  R_NOGROUP { type = "selector"; selector = "header('X-Mailer')"; filter = "regexp:/^Bulk/"; map = ["Bulk 2"]; score = 1; }
  R_MASK { type = "selector"; selector = "ip:to_string.ipmask(24)"; map = ["192.0.2.0 2"]; score = 1; }
  R_BOTH {
    type = "combined"; score = 1;
    rules { ip { selector = "ip"; map = "${folder}/networks"; } who { selector = "user.lower"; map = ["anna"]; } not_re_there { selector = "helo"; type = "regexp"; map = ["/nowhere/"]; } }
    expression = "ip & who & !not_re_there";
    symbols = ["NOTHING"];
  }
  R_NEITHER {
    type = "combined"; score = 1;
    rules { ip { selector = "ip"; map = "${folder}/networks"; } who { selector = "user"; map = ["bob"]; } }
    expression = "ip & who";
  }
  R_CDB { type = "user"; map = "cdb://${folder}/users.cdb"; score = 1; }
  R_SHIFTED { type = "user"; map = "regexp;${folder}/anchored"; score = 1; }
  R_REDIS { type = "user"; map = "redis://users"; score = 1; }
  R_REDIS_NET { type = "ip"; map = "redis://nets"; score = 1; }
`;

function makeMaps(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-multimap-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ...maps, anchored: '/^anna$/i 5\n' }))
    writeFileSync(join(folder, name), text);
  writeCdb(join(folder, 'users.cdb'), [
    ['bob', '1'],
    ['Anna', 'CDB_SYM:2'],
  ]);
  return folder;
}

type Found = Record<string, readonly [score: number, options: readonly string[]]>;

const found = (reply: Reply): Found =>
  Object.fromEntries(
    Object.entries(reply.symbols)
      .filter(([name]) => /^(?:R_(?!MISSING_CHARSET)|NET_SYM|OTHER|WIDE|CDB_SYM|NOTHING|LISTED|SYM)/.test(name))
      .map(([name, { score, options = [] }]) => [name, [Math.round(score * 1000) / 1000, [...options].sort()] as const])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );

async function fillRedis(t: TestContext): Promise<number> {
  const { port } = await startRedis(t);
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  await client.connect();
  await client.hSet('users', { Anna: '3', bob: '4' });
  await client.hSet('nets', { '192.0.2.0/24': '2', '192.0.0.0/8': '3', '10.0.0.0/8': '9' });
  client.destroy();
  return port;
}

test("Debian's Rspamd and we find the same in every kind of map", {
  timeout: 240_000,
  skip: noRspamd || noRedis,
}, async (t) => {
  const folder = makeMaps(t);
  const redis = `redis { servers = "127.0.0.1:${await fillRedis(t)}"; }`;
  writeFileSync(join(folder, 'init.lua'), 'require "global_functions" ()\n');
  const rspamd = await startRspamd(t, {
    sections: `worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
        lua = "${folder}/init.lua"; modules { path = "/usr/share/rspamd/plugins/multimap.lua"; }
        ${redis} multimap { ${peerRules(folder)} }`,
    ready: '/ping',
  });
  const reply = await request(`http://127.0.0.1:${rspamd.port}/checkv2`, { method: 'POST', body: message, headers });
  const theirs = found((await reply.body.json()) as Reply);
  const scanner = await makeScanner(`${stockActions} ${redis} multimap { ${peerRules(folder)} }`);
  assert.deepEqual(scanner.problems, []);
  const ours = found(await scanText(scanner, message, { headers: Object.entries(headers) }));
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  const different = names.filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
  assert.deepEqual(
    different.map((name) => `${name}: ${JSON.stringify(ours[name])}, there ${JSON.stringify(theirs[name])}`),
    [],
  );
  assert.ok(Object.keys(theirs).length > 50);
});
