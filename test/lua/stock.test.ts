import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Lua } from '../../src/lua/index.ts';

/** What Debian's package of Rspamd installs. */
const tree = '/usr/share/rspamd';
const skip = !existsSync(tree) && 'rspamd is not installed';

function luaFiles(): string[] {
  const all = readdirSync(tree, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => name.endsWith('.lua')).map((name) => join(tree, name));
}

test('every Lua file of the stock tree compiles', { skip, timeout: 120_000 }, () => {
  const lua = new Lua();
  const files = luaFiles();
  assert.ok(files.length > 100);
  for (const file of files) assert.equal(typeof lua.loadFile(file), 'function', file);
});

test('and compiles in the form that can be suspended', { skip, timeout: 120_000 }, () => {
  const lua = new Lua();
  for (const file of luaFiles()) {
    // nothing of the file runs, but its code is made when the chunk is called inside a coroutine
    const fn = lua.load(`if true then return "compiled" end ${readFileSync(file, 'latin1')}`, `@${file}`);
    assert.deepEqual(lua.resume(lua.coroutine(fn)).values, ['compiled'], file);
  }
});
