import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Lua, LuaExit, LuaScriptError, LuaTable, type LuaValue, native, suspending, two } from '../../src/lua/index.ts';

function failure(run: () => unknown): LuaScriptError {
  try {
    run();
  } catch (error) {
    if (error instanceof LuaScriptError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

suite('a state', () => {
  test('shares nothing with another', () => {
    const [a, b] = [new Lua(), new Lua()];
    a.run('x = 1 string.mine = 2 getmetatable("").__add = error', '=a');
    assert.deepEqual(b.run('return x, string.mine, getmetatable("").__add', '=b'), [undefined, undefined, undefined]);
  });

  test('keeps globals from call to call', () => {
    const lua = new Lua();
    lua.run('n = 0 function count() n = n + 1 return n end', '=x');
    const count = lua.globals.get('count');
    assert.deepEqual([lua.call(count), lua.call(count)], [[1], [2]]);
  });

  test('hands values in and out', () => {
    const lua = new Lua();
    lua.globals.set(
      'swap',
      native('swap', (a, b) => two(b, a)),
    );
    assert.deepEqual(lua.run('return swap(...)', '=x', 'a', 2.5), [2.5, 'a']);
    const [table] = lua.run('return {1, "two", k = true}', '=x');
    assert.ok(table instanceof LuaTable);
    assert.deepEqual([table.get(1), table.get(2), table.get('k'), table.length()], [1, 'two', true, 2]);
  });

  test('loads a chunk for an environment', () => {
    const lua = new Lua();
    const environment = new LuaTable();
    environment.set('y', 5);
    assert.deepEqual(lua.call(lua.load('x = y return x', '=x', environment)), [5]);
    assert.equal(environment.get('x'), 5);
    assert.equal(lua.globals.get('x'), undefined);
  });

  test('writes where its host says', () => {
    const written: string[] = [];
    const lua = new Lua({ host: { write: (stream, bytes) => written.push(`${stream}:${bytes}`) } });
    lua.run(
      'print(1, nil, "x") io.stdout:write("out") io.stdout:flush() io.stderr:write("err") io.stderr:flush()',
      '=x',
    );
    assert.equal(written.join(''), 'stdout:1\tnil\tx\nstdout:outstderr:err');
  });

  test('ends with the code of os.exit, whatever is caught', () => {
    const codes: number[] = [];
    const lua = new Lua({ host: { exit: (code) => codes.push(code) } });
    assert.throws(
      () => lua.run('pcall(function() os.exit(3) end) while true do end', '=x'),
      (e) => e instanceof LuaExit,
    );
    assert.deepEqual(codes, [3]);
    assert.deepEqual(lua.run('return 1', '=x'), [1]);
  });

  test('finds modules that the host preloads', () => {
    const lua = new Lua();
    lua.preload.set(
      'host.module',
      native('loader', (name) => `module ${String(name)}`),
    );
    assert.deepEqual(lua.run('return require("host.module")', '=x'), ['module host.module']);
    assert.equal(lua.loaded.get('host.module'), 'module host.module');
  });

  test('shows values as tostring does', () => {
    const lua = new Lua();
    const [value] = lua.run('return setmetatable({}, {__tostring = function() return "shown" end})', '=x');
    assert.equal(lua.toText(value), 'shown');
    assert.equal(lua.toText(1e15), '1e+15');
    assert.equal(lua.toText(undefined), 'nil');
  });
});

suite('an error of a program', () => {
  const chunk = `local function inner() error("bad") end
local function outer() inner() end
outer()`;

  test('comes with its message, levels and traceback', () => {
    const error = failure(() => new Lua().run(chunk, '@/etc/x.lua'));
    assert.equal(error.message, '/etc/x.lua:1: bad');
    assert.equal(error.value, '/etc/x.lua:1: bad');
    assert.deepEqual(
      error.levels.map(({ source, line, name, kind }) => `${source}:${line} ${name} ${kind}`),
      [
        '[C]:-1 error C',
        '/etc/x.lua:1 inner Lua',
        '/etc/x.lua:2 outer Lua',
        '/etc/x.lua:3 undefined main',
        '[C]:-1 undefined C',
      ],
    );
    assert.match(error.traceback, /^\/etc\/x\.lua:1: bad\nstack traceback:\n\t\[C\]: in function 'error'\n/);
  });

  test('may be any value', () => {
    const lua = new Lua();
    assert.equal(failure(() => lua.run('error({code = 7})', '=x')).value instanceof LuaTable, true);
    assert.equal(failure(() => lua.run('error()', '=x')).value, undefined);
  });

  test('leaves the state as it was', () => {
    const lua = new Lua();
    for (let i = 0; i < 3; i++) {
      const error = failure(() =>
        lua.run('local function f(n) if n == 0 then error("deep") end return 1 + f(n - 1) end f(1000)', '=x'),
      );
      assert.equal(error.message, 'x:1: deep');
    }
    assert.deepEqual(
      lua.run('local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(10000)', '=x'),
      [10_000],
    );
  });

  test('of the grammar names chunk and line', () => {
    assert.equal(
      failure(() => new Lua().load('x = 1\ny = = 2', '@f.lua')).message,
      "f.lua:2: unexpected symbol near '='",
    );
  });

  test('of the host is passed on', () => {
    const lua = new Lua();
    const fault = new TypeError('a fault of the host');
    lua.globals.set(
      'broken',
      native('broken', () => {
        throw fault;
      }),
    );
    assert.throws(() => lua.run('pcall(broken)', '=x'), fault);
  });
});

suite('a coroutine of the host', () => {
  test('is resumed and yields', () => {
    const lua = new Lua();
    const [f] = lua.run('return function(a) local b = coroutine.yield(a + 1) error("end " .. b) end', '=x');
    assert.ok(typeof f === 'function');
    const thread = lua.coroutine(f);
    assert.deepEqual(lua.resume(thread, 1), { status: 'suspended', values: [2] });
    assert.equal(failure(() => lua.resume(thread, 'b')).message, 'x:1: end b');
    assert.throws(() => lua.resume(thread), TypeError);
  });

  test('may be suspended by a function of the host, below pcall too', () => {
    const lua = new Lua();
    const asked: LuaValue[] = [];
    lua.globals.set(
      'ask',
      suspending('ask', (question) => {
        asked.push(question);
      }),
    );
    const [f] = lua.run(
      'return function() local ok, v = pcall(function() return ask("name") .. "!" end) return v end',
      '=x',
    );
    assert.ok(typeof f === 'function');
    const thread = lua.coroutine(f);
    assert.deepEqual(lua.resume(thread), { status: 'suspended', values: [] });
    assert.deepEqual(asked, ['name']);
    assert.deepEqual(lua.resume(thread, 'value'), { status: 'dead', values: ['value!'] });
  });
});
