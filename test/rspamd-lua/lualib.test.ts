import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Lua, LuaScriptError } from '../../src/lua/index.ts';
import { silentLogger } from '../../src/message/log.ts';
import { openRspamd } from '../../src/rspamd-lua/index.ts';

const lualib = '/usr/share/rspamd/lualib';
const rspamadm = '/usr/bin/rspamadm';
const missing = existsSync(lualib) && existsSync(rspamadm) ? false : 'apt-get install rspamd for this suite';

const names = (): string[] =>
  readdirSync(lualib, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.lua'))
    .map((name) => name.replace(/\.lua$/, '').replace(/\/init$/, ''))
    .sort();

/** Names of those that the installed rspamadm loads, all in one state. */
function loadedByRspamadm(all: readonly string[]): string[] {
  const list = all.map((name) => `'${name}'`).join(',');
  const code = `(function() for _, n in ipairs({${list}}) do if pcall(require, n) then print('LOADED ' .. n) end end end)()`;
  const output = execFileSync(rspamadm, ['lua', '-e', code], { input: '', timeout: 120_000, encoding: 'utf8' });
  return [...output.matchAll(/^LOADED (\S+)$/gm)].map(([, name = '']) => name);
}

test('each module of the installed lualib that loads under rspamadm loads here', {
  skip: missing,
  timeout: 600_000,
}, () => {
  const wanted = loadedByRspamadm(names());
  assert.ok(wanted.length > 50, `rspamadm loads only ${wanted.length}`);
  const failed: string[] = [];
  for (const name of wanted) {
    const lua = new Lua({ limits: { time: 60_000 } });
    openRspamd(lua, { logger: silentLogger, env: {} });
    try {
      lua.run(`require '${name}'`, '=require');
    } catch (error) {
      if (!(error instanceof LuaScriptError)) throw error;
      failed.push(`${name}: ${error.message}`);
    }
  }
  assert.deepEqual(failed, []);
});
