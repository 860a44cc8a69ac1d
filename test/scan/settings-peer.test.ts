import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from 'undici';
import { noRspamd, startRspamd } from '../support/rspamd.ts';
import { clean, makeScanner, type Reply, scanText, stockActions } from './support.ts';

/** Rules that both sides have; each gives a symbol of its own. */
const rules = `
  always { apply { symbols = ["S_ALWAYS"]; } }
  selected { selector = "header('Subject').regexp('/^hel/')"; user = "sel"; priority = 9; apply { symbols = ["S_SELECTED"]; } }
  unselected { selector = "header('X-None')"; priority = 8; apply { symbols = ["S_UNSELECTED"]; } }
  one { ip = "192.0.2.0/24"; priority = 10; apply { symbols = ["S_ONE"]; } }
  two { user = "maps"; priority = 10; apply { symbols = ["S_TWO"]; } }
  both { selector = "user.equal(x)"; delimiter = "-"; from = "@example.org"; expression = "selector:1 & !from"; priority = 10; apply { symbols = ["S_BOTH"]; } }
  spam { user = "postmaster"; want_spam = true; priority = 11; }
  named { id = "called"; apply { symbols = { S_NAMED { score = 2; options = ["o"]; } } } }
  nameless { user = "nobody at all"; apply { symbols = { S_NAMELESS = 3; } } }
`;

const requests: ReadonlyArray<Readonly<Record<string, string>>> = [
  {},
  { IP: '192.0.2.1' },
  { IP: '192.0.2.1', User: 'maps' },
  { IP: '198.51.100.1', User: 'maps' },
  { From: 'a@example.org', User: 'x' },
  { From: 'a@example.com', User: 'x' },
  { User: 'sel' },
  { User: 'postmaster' },
  { 'Settings-Id': 'called' },
  { 'Settings-Id': 'always' },
  { 'Settings-Id': 'nameless' },
  { 'Settings-Id': 'never heard of' },
];

test("Debian's Rspamd and we apply the same settings", { timeout: 240_000, skip: noRspamd }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-settings-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'init.lua'), 'require "global_functions" ()\n');
  const rspamd = await startRspamd(t, {
    sections: `worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
      lua = "${folder}/init.lua"; modules { path = "/usr/share/rspamd/plugins/settings.lua"; } settings { ${rules} }`,
    ready: '/ping',
  });
  const scanner = await makeScanner(`${stockActions} settings { ${rules} }`);
  assert.deepEqual(scanner.problems, []);
  const shown = ({ symbols, is_skipped }: Partial<Reply> & { is_skipped?: boolean }): string =>
    [
      ...Object.keys(symbols ?? {}).filter((name) => name.startsWith('S_')),
      ...(is_skipped === true ? ['skipped'] : []),
    ].join();
  const pairs: { readonly asked: string; readonly found: string }[][] = [[], []];
  for (const headers of requests) {
    const asked = JSON.stringify(headers);
    const reply = await request(`http://127.0.0.1:${rspamd.port}/checkv2`, { method: 'POST', body: clean, headers });
    pairs[0]?.push({ asked, found: shown((await reply.body.json()) as Reply) });
    pairs[1]?.push({ asked, found: shown(await scanText(scanner, clean, { headers: Object.entries(headers) })) });
  }
  assert.deepEqual(pairs[1], pairs[0]);
});
