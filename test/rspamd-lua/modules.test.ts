import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Lua, type LuaValue, native } from '../../src/lua/index.ts';
import { silentLogger } from '../../src/message/log.ts';
import { openRspamd } from '../../src/rspamd-lua/index.ts';
import { sharedZstd } from '../../src/wire/zstd/index.ts';
import { groups, luaList, prelude, readCases, recordFile } from './cases.ts';

const rspamadm = ['/usr/bin/rspamadm', '/usr/local/bin/rspamadm'].find(existsSync);
const hasLualib = existsSync('/usr/share/rspamd/lualib/lua_util.lua');
const noLualib = 'the Lua library of an installed rspamd is missing: apt-get install rspamd';

/** Answers of our modules, a line for each case. */
async function ours(cases: readonly string[]): Promise<string[]> {
  const lua = new Lua({ limits: { time: 120_000 } });
  openRspamd(lua, { logger: silentLogger, zstd: await sharedZstd(), env: {} });
  lua.run(prelude, '=prelude');
  const lines: string[] = [];
  const tell = native('tell', (line: LuaValue) => {
    lines.push(line as string);
    return undefined;
  });
  lua.run(`run_cases(${luaList(cases)}, ...)`, '=cases', tell);
  return lines;
}

/** The same by Debian's Rspamd; its log goes to standard error and output, so answers go to a file. */
async function debians(cases: readonly string[], program: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-lua-'));
  try {
    const output = join(folder, 'answers');
    const script = join(folder, 'cases.lua');
    const tail = `
      local out = io.open(${JSON.stringify(output)}, 'wb')
      run_cases(${luaList(cases)}, function(line) out:write(line, '\\n') out:flush() end)
      out:close()`;
    writeFileSync(script, prelude + tail, 'latin1');
    await promisify(execFile)(program, ['lua', '-b', script], { timeout: 120_000 });
    return readFileSync(output, 'latin1').split('\n').slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const show = (line: string): string => Buffer.from(line, 'latin1').toString('utf8');

for (const group of groups) {
  test(`rspamd-lua: ${group} answers as Rspamd does`, {
    skip: hasLualib || group !== 'lualib' ? false : noLualib,
    timeout: 300_000,
  }, async () => {
    const cases = readCases(group);
    const common = cases.filter(({ expected }) => expected === undefined);
    const codes = common.map(({ code }) => code);
    const record = recordFile(group);
    const theirs =
      rspamadm === undefined ? readFileSync(record, 'latin1').split('\n').slice(0, -1) : await debians(codes, rspamadm);
    if (process.env['RSPAMD_PROXY_RECORD'] === '1') {
      mkdirSync(dirname(record), { recursive: true });
      writeFileSync(record, theirs.map((line) => `${line}\n`).join(''), 'latin1');
    }
    assert.equal(theirs.length, codes.length, 'an answer for each case');
    const answers = await ours(cases.map(({ code }) => code));
    assert.equal(answers.length, cases.length);
    const wrong: string[] = [];
    for (const [i, { code, expected }] of cases.entries()) {
      const wanted = expected ?? theirs[common.indexOf(cases[i] as (typeof cases)[number])];
      if (answers[i] !== wanted)
        wrong.push(`${show(code)}\n    ours:   ${show(answers[i] ?? '')}\n    Rspamd: ${show(wanted ?? '')}`);
    }
    assert.deepEqual(wrong, [], `${wrong.length} of ${cases.length}:\n${wrong.join('\n')}`);
  });
}
