import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Limits, Lua, LuaInterrupt, LuaScriptError } from '../../src/lua/index.ts';
import { cpuTime } from '../support/cpu-time.ts';

/** Programs that do not end by themselves, or not for minutes. */
const endless: Readonly<Record<string, string>> = {
  'a while loop': 'while true do end',
  'a repeat loop': 'repeat until false',
  'a numeric for': 'for i = 1, math.huge do end',
  'a for with step 0': 'for i = 1, 2, 0 do end',
  'a backward goto': '::again:: goto again',
  'an iterator': 'for x in function() return 1 end do end',
  'tail calls': 'local function f() return f() end f()',
  'recursion that is caught and tried again': 'local function f() f() end while true do pcall(f) end',
  'a pcall in a loop': 'while true do pcall(error, "x") end',
  'a loop inside pcall': 'pcall(function() while true do end end) while true do end',
  'an error handler': 'xpcall(error, function() while true do end end)',
  'a loop in a coroutine': 'coroutine.wrap(function() while true do end end)()',
  'coroutines that come and go':
    'local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end',
  'a metamethod': 'local t = setmetatable({}, {__index = function() while true do end end}) return t.x',
  'a metamethod chain':
    'local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end while true do pcall(function() return t[1] end) end',
  'a pattern that backtracks': '(("a"):rep(100)):find(("a-"):rep(30) .. "b")',
  'a used pattern that backtracks':
    'local p = ("a-"):rep(12) .. "b" for i = 1, 500 do ("aaaaaa"):find(p) end (("a"):rep(300)):find(p)',
  'greedy runs from every place': 'local s = ("a"):rep(1e7) s:find("[^x]*y")',
  'greedy runs of a used pattern':
    'for i = 1, 500 do ("a"):find("[^x]*y") end local s = ("a"):rep(1e7) s:find("[^x]*y")',
  'balanced runs from every place': 'local s = ("("):rep(1e7) s:find("%b()")',
  'repeats from every place': 'local s = ("a"):rep(1e7) s:find("(a*)x%1")',
  'gsub in a loop': 'local s = ("x"):rep(1e6) while true do s:gsub("y", "z") end',
  'gsub with a function': '(("x"):rep(10)):gsub("x", function() while true do end end)',
  'find of a plain text in a loop': 'local s = ("x"):rep(1e8) while true do s:find("y", 1, true) end',
  'string.rep in a loop': 'while true do local s = ("x"):rep(1e8) end',
  'upper in a loop': 'local s = ("x"):rep(1e7) while true do s:upper() end',
  'reverse in a loop': 'local s = ("x"):rep(1e7) while true do s:reverse() end',
  'a growing concatenation':
    'local s = "x" while true do s = s .. "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" end',
  'table.concat in a loop': 'local t = {} for i = 1, 1e5 do t[i] = "xxxxxxxxx" end while true do table.concat(t) end',
  'table.insert at the front': 'local t = {} while true do table.insert(t, 1, 0) end',
  'table.sort in a loop': 'local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t) end',
  'table.sort with an order':
    'local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end',
  'string.format in a loop': 'local s = ("x"):rep(1e6) while true do string.format("%s%s", s, s) end',
  'load in a loop': 'while true do loadstring("local a = 1 return a") end',
  'a load of a long chunk': 'loadstring(("x = 1 "):rep(3e6))',
  'a load of endless pieces': 'load(function() return "x = 1\\n" end)',
  'a reader that never ends': 'load(function() return " " end)',
  'next over graves':
    'local t = {} for i = 1, 1e6 do t[i] = i end for i = 1, 1e6 do t[i] = nil end while true do next(t) end',
};

function stopped(source: string, limits: Limits): { readonly reason: string; readonly ms: number } {
  const lua = new Lua({ limits });
  const start = cpuTime();
  try {
    lua.run(source, '=loop');
  } catch (error) {
    const ms = cpuTime() - start;
    if (error instanceof LuaInterrupt) return { reason: error.reason, ms };
    if (error instanceof LuaScriptError) return { reason: error.message, ms };
    throw error;
  }
  return { reason: 'came to an end', ms: cpuTime() - start };
}

suite('a time limit ends', () => {
  for (const [name, source] of Object.entries(endless)) {
    test(name, { timeout: 60_000 }, () => {
      const { reason, ms } = stopped(source, { time: 100, memory: 1 << 30 });
      assert.ok(reason === 'time' || reason === 'not enough memory', reason);
      assert.ok(ms < 3_000, `it took ${ms} ms`);
    });
  }
});

suite('a step limit ends', () => {
  for (const [name, source] of Object.entries(endless)) {
    if (!/^a (while|repeat|numeric|backward)|iterator|tail calls$/.test(name)) continue;
    test(name, { timeout: 60_000 }, () => {
      assert.equal(stopped(source, { steps: 100_000 }).reason, 'steps');
    });
  }

  test('no program that needs less', () => {
    assert.deepEqual(
      new Lua({ limits: { steps: 5_000 } }).run('local s = 0 for i = 1, 4000 do s = s + i end return s', '=x'),
      [8_002_000],
    );
  });

  test('each call anew', () => {
    const lua = new Lua({ limits: { steps: 5_000 } });
    const f = lua.load('for i = 1, 4000 do end return 1', '=x');
    for (let i = 0; i < 5; i++) assert.deepEqual(lua.call(f), [1]);
  });
});

const hungry: Readonly<Record<string, string>> = {
  'a table that grows': 'local t = {} while true do t[#t + 1] = {} end',
  'a table of numbers': 'local t = {} for i = 1, math.huge do t[i] = i end',
  'a table of names': 'local t = {} for i = 1, math.huge do t["k" .. i] = i end',
  'a string that doubles': 'local s = "x" while true do s = s .. s end',
  'long strings': 'local t = {} for i = 1, math.huge do t[i] = ("x"):rep(1e6) .. i end',
  'strings put together':
    'local t = {} local s = ("x"):rep(1e5) for i = 1, math.huge do t[i] = s .. i end for i = 1, #t do t[i]:byte(1) end',
  'one string too long': 'return ("x"):rep(2e8)',
  'gsub that multiplies': 'return (("x"):rep(1e5):gsub("x", ("y"):rep(1e5)))',
  'table.concat that multiplies':
    'local t = {} local s = ("x"):rep(1e5) for i = 1, 1e5 do t[i] = s end return table.concat(t)',
  closures: 'local t = {} while true do local a = {} t[#t + 1] = function() return a end end',
  coroutines:
    'local t = {} while true do local c = coroutine.wrap(function() coroutine.yield() end) c() t[#t + 1] = c end',
};

suite('a memory limit ends', () => {
  for (const [name, source] of Object.entries(hungry)) {
    test(name, { timeout: 60_000 }, () => {
      assert.match(stopped(source, { memory: 64 << 20, time: 40_000 }).reason, /(^|: )not enough memory$/);
    });
  }

  test('no program that only makes garbage', { timeout: 60_000 }, () => {
    const source = `
      local n = 0
      for i = 1, 30000 do local s = ("x"):rep(10000) .. i n = n + #s end
      for i = 1, 300000 do local t = {i, {i}, "k" .. i} n = n + #t end
      return n`;
    assert.equal(typeof new Lua({ limits: { memory: 64 << 20 } }).run(source, '=x')[0], 'number');
  });

  test('an allocation that the program can do without', { timeout: 60_000 }, () => {
    const lua = new Lua({ limits: { memory: 64 << 20 } });
    const source = 'local ok, e = pcall(string.rep, "x", 3e8) return ok, e, #("x"):rep(1000)';
    assert.deepEqual(lua.run(source, '=x'), [false, 'not enough memory', 1000]);
  });
});

test('a stack that overflows is told with its place', { timeout: 60_000 }, () => {
  for (const source of [
    'local function f() return 1 + f() end\nreturn pcall(f)',
    'local t = setmetatable({}, { __call = function(self) return 1 + self() end })\nreturn pcall(t)',
    'return xpcall(function() return (function() local function f() return 1 + f() end return f() end)() end, function(m) return m end)',
  ])
    assert.deepEqual(new Lua().run(source, '=deep'), [false, 'deep:1: stack overflow']);
});
