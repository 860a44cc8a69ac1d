import type { Random } from './random.ts';

const events = [
  'add',
  'sub',
  'mul',
  'div',
  'mod',
  'pow',
  'unm',
  'concat',
  'eq',
  'lt',
  'le',
  'index',
  'newindex',
  'call',
  'len',
  'tostring',
];
const handlers = [
  'function(a, b) return "h" .. type(a) .. type(b) end',
  'function(a, b) return a == b end',
  'function(...) return select("#", ...), 2 end',
  'function() end',
  'function() return nil end',
  'function() error("in handler") end',
  'function() error({}) end',
  '{x = "fromtable"}',
  '"str"',
  '5',
  'callable',
  'base',
];
const operations = [
  'x + y',
  'x - 1',
  '2 * x',
  'x / y',
  'x % 3',
  'x ^ 2',
  '-x',
  'x .. y',
  'x .. "s"',
  '1 .. x',
  '"p" .. x .. y .. "q"',
  'x == y',
  'x ~= y',
  'x == 1',
  'x < y',
  'x <= y',
  'x > y',
  'x >= 1',
  'x.foo',
  'x[1]',
  'x.foo.bar',
  'x(1, 2)',
  '#x',
  'tostring(x)',
  'x:method(3)',
  'rawget(x, "foo")',
  'rawequal(x, y)',
  'getmetatable(x) == mt1',
  'x.x',
  'not x',
  'x and y and 1',
  'next(x)',
];
const statements = [
  'x.foo = 1',
  'x[1] = 2',
  'x.foo.bar = 3',
  'y.x = x',
  'rawset(x, "foo", 5)',
  'x.foo = nil',
  'setmetatable(x, mt2)',
  'setmetatable(y, nil)',
  'mt1.__index = nil',
  'mt1.__metatable = "locked"',
];

/** Two objects with random metamethods and operations on them. */
export function metatableProgram(r: Random): string {
  const mt = (name: string): string => {
    const chosen = r.list(0, 7, () => r.pick(events));
    return `${name} = {${chosen.map((event) => `__${event} = ${r.pick(handlers)}`).join(', ')}}`;
  };
  const lines = r.list(2, 9, () =>
    r.chance(0.7) ? `try(function() return ${r.pick(operations)} end)` : `try(function() ${r.pick(statements)} end)`,
  );
  return `local out = {}
local function try(f, ...) out[#out + 1] = show(pcall(f, ...)) end
local callable = setmetatable({}, {__call = function(self, ...) return "called", ... end})
local base = setmetatable({x = "bx", method = function(self, v) return v end}, {__index = function(_, k) return "b" .. tostring(k) end})
local mt1, mt2
${mt('mt1')}
${mt('mt2')}
local x = setmetatable({1, 2}, mt1)
local y = setmetatable({x = "own"}, ${r.pick(['mt1', 'mt1', 'mt2'])})
${lines.join('\n')}
return table.concat(out, "\\n")`;
}

/** Generators, passing of values and errors through coroutines. */
export function coroutineProgram(r: Random): string {
  const body = (): string => {
    const step = (): string =>
      r.pick([
        'log("in", coroutine.yield(n))',
        'n = n + 1',
        'local ok, v = pcall(function() return coroutine.yield("p", n) end) log(ok, v)',
        'for i = 1, 2 do coroutine.yield(i) end',
        'log(pcall(error, "e" .. n))',
        'if n > 3 then error("boom" .. n) end',
        'for v in inner(2) do coroutine.yield(v) end',
        'local x = obj + 1 log(x)',
        'log(obj.field)',
        'log(obj < obj, obj == obj2)',
        'local s = "a" .. obj log(s)',
        'if n > 4 then return n, "early" end',
        'log(coroutine.status(self), coroutine.running() == self)',
        'for k, v in pairs{1, 2} do coroutine.yield(k, v) end',
        'local v = {coroutine.yield(), coroutine.yield(2)} log(#v, v[1])',
        'log(select("#", coroutine.yield(1, nil, 3)))',
        'for v in function() return coroutine.yield("it") end do log(v) break end',
        'local f = function(a) return coroutine.yield(a) end log(f(5))',
        'return (function() return coroutine.yield("tail") end)()',
        'xpcall(function() coroutine.yield("x") error("xe") end, function(m) log("h", m) return m end)',
        'table.sort({2, 1}, function(a, b) coroutine.yield() return a < b end)',
        'obj[n] = coroutine.yield("set")',
        'log((("x"):gsub("x", function() return "y" end)))',
      ]);
    return r.list(1, 6, step).join('\n');
  };
  return `local out, n, self = {}, 1, nil
local function log(...) if #out < 100 then out[#out + 1] = show(...) end end
local y = coroutine.yield
local mt = {__add = function(a, b) return y("add") end, __index = function(_, k) return y("index " .. tostring(k)) end, __lt = function() return y("lt") end,
__eq = function() return y("eq") end, __concat = function() return y("cat") end, __newindex = function(_, k, v) y("newindex", v) end}
local obj, obj2 = setmetatable({}, mt), setmetatable({}, mt)
local function inner(c) return coroutine.wrap(function() for i = 1, c do coroutine.yield("inner" .. i) end end) end
self = coroutine.create(function(...)
log("start", ...)
${body()}
return "end", n
end)
for i = 1, 12 do
log(coroutine.resume(self, i${r.pick(['', ', "x"', ', nil'])}))
if coroutine.status(self) == "dead" then break end
end
log(coroutine.status(self), coroutine.resume(self))
local w = coroutine.wrap(function(...) ${body()} end)
for i = 1, 4 do log(pcall(w, i)) end
return table.concat(out, "\\n")`;
}
