import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inLuaJit, inOurs, type Run } from './engines.ts';
import type { Row } from './main.ts';

/**
 * Runs a file of Lua 5.1's suite with an `assert` that notes its outcome and goes on, as LuaJIT itself does not pass
 * all of them. Names that LuaJIT no longer has are given back, hooks are left out.
 */
const harness = `
local file, report = ...
local log = assert(io.open(report, "w"))
local getinfo, plain = debug.getinfo, assert
function Message(m) end
math.mod, string.gfind = math.fmod, string.gmatch
debug.sethook = function() end
function assert(v, ...)
  local at = getinfo(2, "Sl")
  if at and at.short_src == file then log:write(at.currentline, v and " holds\\n" or " fails\\n") end
  return v, ...
end
local f = plain(loadfile(file))
if file == "big.lua" then f = coroutine.wrap(f) f() end
local ok, e = xpcall(f, function(m) return tostring(m) end)
log:write(ok and "end reached\\n" or "end " .. (e:gsub("\\n.*", "")) .. "\\n")
log:close()
`;

const files = [
  'gc',
  'db',
  'calls',
  'strings',
  'literals',
  'attrib',
  'locals',
  'constructs',
  'code',
  'big',
  'nextvar',
  'pm',
  'api',
  'events',
  'vararg',
  'closure',
  'errors',
  'math',
  'sort',
  'verybig',
  'files',
];

/** What became of the assertions, by line: `holds`, `fails` or both. */
type Lines = ReadonlyMap<string, string>;

function lines(run: Run, folder: string, file: string): Lines {
  const work = mkdtempSync(join(tmpdir(), 'lua-official-'));
  try {
    const [script, report] = [join(work, 'harness.lua'), join(work, 'report')];
    writeFileSync(script, harness);
    run(folder, script, file, report);
    const found = new Map<string, Set<string>>();
    for (const one of readFileSync(report, 'latin1').split('\n')) {
      const [line = '', ...what] = one.split(' ');
      if (line !== '') found.set(line, (found.get(line) ?? new Set()).add(what.join(' ')));
    }
    return new Map([...found].map(([line, set]) => [line, [...set].sort().join(' and ')]));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function shown(all: Lines): string {
  const asserts = [...all].filter(([line]) => line !== 'end');
  const holding = asserts.filter(([, what]) => what === 'holds').length;
  return `${holding} of ${asserts.length} hold${all.has('end') ? '' : ', does not end'}`;
}

/** One row for each file of the suite that is not about the command line. */
export function* pucRows(folder: string): Generator<Row> {
  mkdirSync(join(folder, 'libs/P1'), { recursive: true }); // attrib.lua writes there
  for (const name of files) {
    const file = `${name}.lua`;
    const [luajit, ours] = [inLuaJit, inOurs].map((run) => lines(run, folder, file)) as [Lines, Lines];
    const all = new Set([...luajit.keys(), ...ours.keys()]);
    const differing = [...all].filter((line) => luajit.get(line) !== ours.get(line));
    const why = differing.map((line) => (line === 'end' ? `end: ${ours.get(line) ?? 'not reached'}` : `line ${line}`));
    yield { file, luajit: shown(luajit), ours: shown(ours), differences: why.join(', ') };
  }
}
