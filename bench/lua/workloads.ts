/** A piece of work in Lua: a chunk that returns a function of a count; the function returns a checksum. */
export interface Workload {
  readonly name: string;
  readonly source: string;
  /** Count that takes LuaJIT's interpreter some tenths of a second. */
  readonly count: number;
}

const compareScript = `
local function result(seed)
  local symbols = {}
  for i = 1, 40 do
    if (i * 7 + seed) % 5 ~= 0 then
      symbols["SYMBOL_" .. i] = {name = "SYMBOL_" .. i, score = (i * seed % 17) / 4, options = {"a" .. i, "b"}}
    end
  end
  return {score = seed % 23 - 3.5, action = seed % 2 == 0 and "no action" or "add header", symbols = symbols,
    ["message-id"] = "<" .. seed .. "@example.org>"}
end
local function difference(a, b)
  local only = {}
  for name in pairs(a) do if b[name] == nil then only[#only + 1] = name end end
  table.sort(only)
  return only
end
local function compare(results, tag)
  local lines = {}
  local master = results.master
  for name, other in pairs(results) do
    if name ~= "master" then
      if type(other) == "string" then
        lines[#lines + 1] = string.format("%s: %s failed: %s", tag, name, other)
      else
        if math.abs(master.score - other.score) > 0.5 or master.action ~= other.action then
          lines[#lines + 1] = string.format("%s: %s score %.2f -> %.2f, %s -> %s", tag, name, master.score, other.score,
            master.action, other.action)
        end
        lines[#lines + 1] = "new " .. table.concat(difference(other.symbols, master.symbols), ",")
        lines[#lines + 1] = "gone " .. table.concat(difference(master.symbols, other.symbols), ",")
        for symbol, value in pairs(master.symbols) do
          local twin = other.symbols[symbol]
          if twin and twin.score ~= value.score then
            lines[#lines + 1] = ("%s %+.1f"):format(symbol:lower(), twin.score - value.score)
          end
        end
      end
    end
  end
  return table.concat(lines, "\\n")
end
return function(n)
  local size = 0
  for i = 1, n do
    size = size + #compare({master = result(i), other = result(i + 3), dead = "IO timeout"}, string.format("%06x", i))
  end
  return size
end`;

const patterns = `
local header = [[
Received: from mx1.example.org (mx1.example.org [192.0.2.1]) by mail.example.net (Postfix) with ESMTPS id 4XyZ12
Date: Tue, 14 Nov 2023 22:13:20 +0000
From: "Some Body" <some.body@example.org>
To: list@example.net, other@example.com
Subject: =?UTF-8?Q?Re:_test_message?= [ticket 12345]
Message-ID: <20231114221320.GA1234@example.org>
X-Spam-Status: No, score=-1.3 required=5.0 tests=BAYES_00,DKIM_VALID autolearn=ham
]]
return function(n)
  local count = 0
  for i = 1, n do
    for name, value in header:gmatch("([%w%-]+): ([^\\n]+)") do
      count = count + #name + #value
      if name == "Subject" then count = count + #value:gsub("=%?.-%?=", "") end
    end
    for user, domain in header:gmatch("([%w%._]+)@([%w%.]+)") do count = count + #user - #domain end
    local a, b, c, d = header:match("%[(%d+)%.(%d+)%.(%d+)%.(%d+)%]")
    count = count + a + b + c + d
    count = count + select(2, header:gsub("%s+", " ")) + (header:find("score=(%-?%d+%.%d+)") or 0)
    count = count + #header:gsub("%d", function(x) return x + 1 end)
    if header:find("X-Spam-Status", 1, true) then count = count + 1 end
    count = count + #header:gsub("(%w+)@(%w+)", "%2 at %1") + #("  trim me  "):match("^%s*(.-)%s*$")
  end
  return count
end`;

const tables = `
return function(n)
  local sum = 0
  for round = 1, n do
    local list = {}
    for i = 1, 500 do list[#list + 1] = i * 2 end
    for i = 1, #list do sum = sum + list[i] end
    for i, v in ipairs(list) do sum = sum + i - v end
    local by_name = {}
    for i = 1, 200 do by_name["key" .. i % 50] = i end
    for k, v in pairs(by_name) do sum = sum + v end
    local points = {}
    for i = 1, 200 do points[i] = {x = i, y = -i, name = "p"} end
    for i = 1, #points do
      local p = points[i]
      p.x = p.x + p.y
      p.z = p.x * 2
      sum = sum + p.x + p.z
    end
    local matrix = {}
    for i = 1, 20 do
      matrix[i] = {}
      for j = 1, 20 do matrix[i][j] = i * j end
    end
    for i = 1, 20 do for j = 1, 20 do sum = sum + matrix[j][i] end end
    while #list > 250 do list[#list] = nil end
    for i = 1, 20 do table.insert(list, 1, i) end
    for i = 1, 20 do sum = sum + table.remove(list, 1) end
  end
  return sum
end`;

const calls = `
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local Account = {}
Account.__index = Account
function Account.new(balance) return setmetatable({balance = balance}, Account) end
function Account:deposit(v) self.balance = self.balance + v return self end
function Account:get() return self.balance end
local Special = setmetatable({}, {__index = Account})
Special.__index = Special
function Special:get() return Account.get(self) * 2 end
local function sum(...) local s = 0 for i = 1, select("#", ...) do s = s + (select(i, ...)) end return s end
local function pair(a, b) return b, a end
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + 1) end
return function(n)
  local total = 0
  for i = 1, n do
    total = total + fib(15)
    local a, b = Account.new(i), setmetatable({balance = 1}, Special)
    for k = 1, 100 do
      a:deposit(k):deposit(-1)
      total = total + a:get() + b:get()
      local x, y = pair(k, i)
      total = total + x - y + math.floor(k / 3) + math.max(k, 5)
    end
    for k = 1, 50 do
      total = total + sum(1, 2, 3, k)
      local ok, v = pcall(pair, k, 1)
      total = total + v + (ok and 1 or 0)
    end
    total = total + loop(300, 0)
  end
  return total
end`;

const closures = `
local function counter() local c = 0 return function(d) c = c + d return c end end
local function map(t, f) local r = {} for i = 1, #t do r[i] = f(t[i], i) end return r end
local function filter(t, f) local r = {} for i = 1, #t do if f(t[i]) then r[#r + 1] = t[i] end end return r end
local function reduce(t, f, a) for i = 1, #t do a = f(a, t[i]) end return a end
local function compose(f, g) return function(x) return f(g(x)) end end
local function memoize(f) local cache = {} return function(x) local v = cache[x] if v == nil then v = f(x) cache[x] = v end return v end end
return function(n)
  local total = 0
  local base = {}
  for i = 1, 100 do base[i] = i end
  for round = 1, n do
    local c = counter()
    for i = 1, 100 do c(i) end
    total = total + c(0)
    local k = round % 7
    local doubled = map(base, function(v) return v * 2 + k end)
    local even = filter(doubled, function(v) return v % 3 == 0 end)
    total = total + reduce(even, function(a, v) return a + v end, 0)
    local f = compose(function(x) return x + k end, compose(function(x) return x * 2 end, function(x) return x - 1 end))
    for i = 1, 50 do total = total + f(i) end
    local fs = {}
    for i = 1, 50 do fs[i] = function() return i + round end end
    for i = 1, 50 do total = total + fs[i]() end
    local square = memoize(function(x) return x * x end)
    for i = 1, 50 do total = total + square(i % 10) end
  end
  return total
end`;

const concatenation = `
return function(n)
  local total = 0
  for round = 1, n do
    local s = ""
    for i = 1, 200 do s = s .. "line " .. i .. ";" end
    total = total + #s
    local parts = {}
    for i = 1, 200 do parts[#parts + 1] = "key" .. i .. "=" .. i * 1.5 end
    local joined = table.concat(parts, "&")
    total = total + #joined + joined:byte(round % #joined + 1)
    for i = 1, 100 do total = total + #(("<" .. i .. ">"):rep(3)) + #tostring(i) + #(i .. "") end
    local upper = s:upper():sub(10, 200):reverse()
    total = total + #upper + #string.format("%s %d %5.2f %q", upper, round, round / 3, "quoted")
    if s == joined then total = total + 1 end
  end
  return total
end`;

const sorting = `
local function numbers(n, seed)
  local t, x = {}, seed
  for i = 1, n do x = x * 16807.0 % 2147483647 t[i] = x end
  return t
end
return function(n)
  local total = 0
  for round = 1, n do
    local t = numbers(400, round)
    table.sort(t)
    total = total + t[1] % 1000 + t[200] % 1000
    table.sort(t, function(a, b) return a > b end)
    total = total + t[1] % 1000
    local names = {}
    for i = 1, 200 do names[i] = "name" .. t[i] % 977 end
    table.sort(names)
    total = total + #names[1]
    local records = {}
    for i = 1, 200 do records[i] = {score = t[i] % 100, name = names[i]} end
    table.sort(records, function(a, b)
      if a.score ~= b.score then return a.score < b.score end
      return a.name < b.name
    end)
    total = total + records[1].score
  end
  return total
end`;

export const workloads: readonly Workload[] = [
  { name: 'compare script', source: compareScript, count: 5_000 },
  { name: 'string patterns', source: patterns, count: 8_000 },
  { name: 'table inserts and reads', source: tables, count: 6_000 },
  { name: 'calls', source: calls, count: 8_000 },
  { name: 'closures', source: closures, count: 20_000 },
  { name: 'concatenation', source: concatenation, count: 6_000 },
  { name: 'sort', source: sorting, count: 1_500 },
];
