import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSnippets, suite } from '../conformance/lua.ts';
import { runSuite } from '../conformance/main.ts';
import { projectRoot } from '../support/project.ts';

for (const folder of ['fixtures/lua', suite.defaultFolder]) {
  const path = join(projectRoot, folder);
  const skip = !existsSync(path) && `${folder} is not on this machine`;
  test(`conformance lua: ${folder}`, { timeout: 120_000, skip }, async () => {
    const lines: string[] = [];
    const { failed, passed } = await runSuite(suite, path, (line) => lines.push(line));
    assert.equal(failed, 0, lines.join('\n'));
    assert.ok(passed > 0);
  });
}

/** Runs the text on standard input as the snippets are run; results come as hexadecimal digits. */
const recorder = `
local function hex(v) return (tostring(v):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function show(ok, ...)
  local list = {ok and "true" or "false"}
  for i = 1, select("#", ...) do list[i + 1] = "x" .. hex((select(i, ...))) end
  io.write(table.concat(list, " "))
end
local f, message = loadstring(io.read("*a"), "=snippet")
if f then show(pcall(f)) else show(false, message) end`;

const hasLuaJit = spawnSync('luajit', ['-v']).error === undefined;

test('the cases in fixtures/lua come out so in LuaJIT', { timeout: 120_000, skip: !hasLuaJit && 'no luajit' }, () => {
  for (const { name, code, expect } of readSnippets(join(projectRoot, 'fixtures/lua'))) {
    const env = { ...process.env, TZ: 'UTC' };
    const { stdout } = spawnSync('luajit', ['-joff', '-e', recorder], { input: code, encoding: 'latin1', env });
    const [ok, ...shown] = stdout.split(' ');
    const values = shown.map((one) => Buffer.from(one.slice(1), 'hex').toString('utf8'));
    assert.deepEqual(ok === 'true' ? values : { error: values[0] }, expect, name);
  }
});
