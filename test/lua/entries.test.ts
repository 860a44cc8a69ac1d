import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lua, LuaScriptError } from '../../src/lua/index.ts';

/** The levels of the error that a chunk ends with. */
function levelsOf(lua: Lua, code: string): string[] {
  try {
    lua.run(code, '=chunk');
  } catch (error) {
    assert.ok(error instanceof LuaScriptError);
    return error.levels.map(({ source, line, name }) => `${source}:${line} ${name}`);
  }
  throw new Error('no error');
}

for (const [what, code] of [
  ['ended', 'coroutine.wrap(function() end)()'],
  ['yielded', 'kept = coroutine.create(function() coroutine.yield() end) coroutine.resume(kept)'],
  ['failed', 'pcall(coroutine.wrap(function() error("inside") end))'],
  ['failed and took the program with it', 'coroutine.wrap(function() error("inside") end)()'],
] as const) {
  test(`nothing of an earlier entry is left when a coroutine ${what}`, { timeout: 60_000 }, () => {
    const lua = new Lua();
    const fresh = levelsOf(lua, 'error("x")');
    for (let n = 0; n < 3; n++) {
      try {
        lua.run(`local function deep() ${code} end deep()`, '=earlier');
      } catch (error) {
        assert.ok(error instanceof LuaScriptError);
      }
      assert.deepEqual(levelsOf(lua, 'error("x")'), fresh);
    }
  });
}
