import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lua, type LuaFunction, type LuaOptions, LuaTable } from '../../../src/lua/index.ts';

/**
 * Runs a list of programs and returns a text per program. The same Lua code does it in LuaJIT and here. Addresses are
 * made equal; values are shown with their types.
 */
const harness = `\
local programs, wrap = ...
local function quote(s) return (("%q"):format(s):gsub("0x%x+", "PTR"):gsub("builtin#%d+", "PTR"):gsub("\\\\\\n", "\\\\n"):gsub("case:%d+: stack", "stack")) end
local function one(v, depth)
  if type(v) == "string" then return quote(v) end
  if type(v) ~= "table" then return (tostring(v):gsub("0x%x+", "PTR"):gsub("builtin#%d+", "PTR")) end
  if depth > 2 then return "{...}" end
  local r = {}
  for k, x in next, v do r[#r + 1] = one(k, depth + 1) .. "=" .. one(x, depth + 1) end
  table.sort(r)
  return "{" .. table.concat(r, ",") .. "}"
end
local function show(...)
  local r = {}
  for i = 1, select("#", ...) do r[i] = one((select(i, ...)), 0) end
  return table.concat(r, " ")
end
local function tostring_without_address(...)
  local v = ...
  local text = tostring(...)
  return type(text) == "string" and (text:gsub("0x%x+", "PTR"):gsub("builtin#%d+", "PTR")) or text
end
local results = {}
for i, source in ipairs(programs) do
  local f, message = loadstring(source, "=case")
  if not f then
    results[i] = "load " .. quote(message)
  else
    local env = {show = show, _G = false}
    for k, v in pairs(_G) do if env[k] == nil then env[k] = v end end
    env.tostring = tostring_without_address
    setfenv(f, env)
    if wrap then
      local g = f
      f = function() local co = coroutine.wrap(function() return g() end) return co() end
      results[i] = show(pcall(coroutine.wrap(function() return show(pcall(g)) end)))
      results[i] = results[i]
    else
      results[i] = show(true, show(pcall(f)))
    end
  end
end
return results
`;

function programTable(sources: readonly string[]): LuaTable {
  return LuaTable.fromList([undefined, ...sources], 0);
}

/** What our engine makes of programs. @param wrapped each runs inside a coroutine, in generator form */
export function runOurs(sources: readonly string[], wrapped: boolean, options: LuaOptions = {}): string[] {
  const lua = new Lua({ limits: { time: 300_000 }, ...options });
  const run: LuaFunction = lua.load(harness, '=harness');
  const [results] = lua.call(run, programTable(sources), wrapped);
  if (!(results instanceof LuaTable)) throw new Error('the harness gave no results');
  return sources.map((_, i) => String(results.get(i + 1)));
}

/** What LuaJIT, with its compiler off, makes of them; undefined when it is not installed. */
export function runLuaJit(sources: readonly string[]): string[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'lua-fuzz-'));
  try {
    const list = sources.map((one) => `[==========[\n${one}]==========]`).join(',\n');
    const file = join(folder, 'run.lua');
    const main = `local results = loadstring([=========[${harness}]=========], "=harness")({${list}}, false)
for i, r in ipairs(results) do io.write(#r, "\\n", r, "\\n") end`;
    writeFileSync(file, main, 'latin1');
    const { status, stdout, stderr, error } = spawnSync('luajit', ['-joff', file], { maxBuffer: 1 << 28 });
    if (error !== undefined && 'code' in error && error.code === 'ENOENT') return undefined;
    if (status !== 0) throw new Error(`luajit failed: ${stderr.toString('latin1').slice(0, 500)}`);
    return readResults(stdout.toString('latin1'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResults(text: string): string[] {
  const results: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const length = Number(text.slice(at, end));
    results.push(text.slice(end + 1, end + 1 + length));
    at = end + length + 2;
  }
  return results;
}
