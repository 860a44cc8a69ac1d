import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { comparison } from '../support/script-runner.ts';
import { compareScripts } from './support.ts';

const bounded = { timeout: 60_000 };

const counting = `
local logger = require "rspamd_logger"
local n = 0
return function(results, tag)
  n = n + 1
  logger.infox("%s", n)
end`;

test('every script is called for every message, in order; each keeps its state', bounded, async (t) => {
  const second = counting.replace('n + 1', 'n + 10');
  const { scripts, log } = await compareScripts(t, [counting, second]);
  for (let n = 0; n < 3; n++) scripts.compared(comparison({ master: {} }));
  await scripts.done();
  assert.deepEqual(
    log.lines.map(({ level, module, fn, id, text }) => [level, module, fn, id, text]),
    ['1', '10', '2', '20', '3', '30'].map((text) => ['info', 'lua', '[string "proxy parser"]:6', '', text]),
  );
});

test('arguments: a new table for each script, error strings, the tag', bounded, async (t) => {
  const spoiling = 'return function(results) results.master.score = 99; results.lab = nil; results.more = {} end';
  const looking = `
local logger = require "rspamd_logger"
return function(results, tag)
  local names = {}
  for name in pairs(results) do names[#names + 1] = name end
  table.sort(names)
  logger.infox("%s %s %s %s %s", table.concat(names, ","), results.master.score, results.down, tag, getmetatable(results))
end`;
  const { scripts, said } = await compareScripts(t, [spoiling, looking]);
  const given = comparison({ master: { score: 1 }, lab: { score: 2 }, down: 'IO timeout' });
  scripts.compared(given);
  await scripts.done();
  assert.deepEqual(said(), [`down,lab,master 1 IO timeout ${given.tag} nil`]);
});

test('values as the original converts them', bounded, async (t) => {
  const looking = `
local logger = require "rspamd_logger"
local ucl = require "ucl"
return function(results)
  local m = results.master
  logger.infox("%s %s %s %s", m.null == ucl.null, getmetatable(m.list).class, getmetatable(m.object).class, tostring(m))
  logger.infox("%s %s %s", #m.list, m.list[3] == ucl.null, m["1"])
  logger.infox("%s %s", #m.text, m.text)
  logger.infox("%s %s", m.proto ~= nil, m["__proto__"].x)
end`;
  const { scripts, said } = await compareScripts(t, [looking]);
  const master: unknown = JSON.parse(
    '{"null":null,"list":[1,[],null],"object":{},"1":"one","text":"дé\\u0000","proto":true,"__proto__":{"x":5}}',
  );
  scripts.compared(comparison({ master }));
  await scripts.done();
  assert.deepEqual(said(), ['true ucl.type.array ucl.type.object nil', '3 true one', '5 дé\\00', 'true 5']);
});

test('an error is logged with its trace under the id of the message, the next script runs', bounded, async (t) => {
  const broken = 'return function(results)\n  error("oh dear")\nend';
  const { scripts, log } = await compareScripts(t, [broken, counting]);
  const given = comparison({ master: {} });
  scripts.compared(given);
  await scripts.done();
  const [error, info] = log.lines;
  assert.deepEqual(error, {
    level: 'error',
    module: 'proxy',
    fn: 'proxy_call_cmp_script',
    id: given.sessionId,
    text: 'cannot run lua compare script: [string "proxy parser"]:2: oh dear; trace: [1]:{[C]:-1 - error [C]}; [2]:{[string "proxy parser"]:2 - <unknown> [Lua]};',
  });
  assert.equal(info?.text, '1');
});

test('a trace without end is cut', bounded, async (t) => {
  const deep = 'return function() local function f() return 1 + f() end f() end';
  const { scripts, said } = await compareScripts(t, [deep]);
  scripts.compared(comparison({ master: {} }));
  await scripts.done();
  assert.match(said()[0] ?? '', /^cannot run lua compare script: .*stack overflow; trace: \[1\]:/);
  assert.ok((said()[0]?.length ?? 0) < 9_000);
});

test('an endless script is stopped, with its name and that of the message; its state stays', bounded, async (t) => {
  const endless = `
local n = 0
return function(results)
  n = n + 1
  if n == 1 then pcall(function() while true do end end) end
  if n == 2 then ("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(30)) end
  if n == 3 then os.execute("sleep 60") end
  if n == 4 then io.popen("sleep 60"):read("*a") end
  require("rspamd_logger").infox("%s", n)
end`;
  const { scripts, said } = await compareScripts(t, [endless, counting], { timeout: 1_000 });
  for (let n = 0; n < 5; n++) scripts.compared(comparison({ master: { 'message-id': `${n}@example.org` } }));
  await scripts.done();
  const stopped = (n: number): string =>
    `cannot run lua compare script test.conf:1 for message ${n}@example.org: it was stopped, its time is over`;
  assert.deepEqual(said(), [stopped(0), '1', stopped(1), '2', stopped(2), '3', stopped(3), '4', '5', '5']);
});

test('a script that hangs in the system: the thread is left behind and another one started', bounded, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-fifo-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const hanging = `
local f = io.open("${pipe}.done")
return function()
  if not f then io.open("${pipe}.done", "w"):close(); io.open("${pipe}") end
end`;
  const { scripts, log, said } = await compareScripts(t, [hanging, counting], { timeout: 1_000 });
  t.after(() => rmSync(folder, { recursive: true }));
  const given = comparison({ master: {} });
  scripts.compared(given);
  scripts.compared(comparison({ master: {} }));
  await scripts.done();
  assert.ok(scripts.hangs);
  assert.deepEqual(said(), [
    'the thread of the compare scripts ended (no end after 3 s in script test.conf:1); another one is started, and what the scripts kept is lost',
    'cannot run lua compare scripts for this message: no end after 3 s in script test.conf:1',
    '1',
  ]);
  assert.equal(log.lines[1]?.id, given.sessionId);
  // The open returns when the other end is there; nothing hangs then.
  execFileSync('sh', ['-c', `: > ${pipe}`]);
  while (scripts.hangs) await new Promise(setImmediate);
});

test('os.exit ends the thread, not the process', bounded, async (t) => {
  const leaving = `
return function(results)
  if results.master.step == "exit" then os.exit(3) end
  require("rspamd_logger").infox("alive")
end`;
  const { scripts, said } = await compareScripts(t, [leaving]);
  for (const step of ['exit', '']) scripts.compared(comparison({ master: { step } }));
  await scripts.done();
  assert.deepEqual(said(), [
    'the thread of the compare scripts ended (os.exit(3) in script test.conf:1); another one is started, and what the scripts kept is lost',
    'cannot run lua compare scripts for this message: os.exit(3) in script test.conf:1',
    'alive',
  ]);
});

for (const [what, code] of [
  ['tables', 'local t = {} while true do t[#t + 1] = { #t } end'],
  ['one array', 'local t = {} for i = 1, 1e9 do t[i] = i end'],
  [
    'lists of arguments',
    'local t, all = {}, {} for i = 1, 7000 do t[i] = i end while true do all[#all + 1] = { unpack(t) } end',
  ],
  ['one string', 'local s = "x" while true do s = s .. s; s:byte(#s) end'],
  ['a file', 'local all = {} while true do all[#all + 1] = io.open("/dev/zero"):read(50000000) end'],
  [
    'the output of a command',
    'local all = {} while true do all[#all + 1] = io.popen("head -c 50000000 /dev/zero"):read("*a") end',
  ],
] as const) {
  test(`too much memory, in ${what}: at worst the thread ends; the next message is served`, {
    timeout: 300_000,
  }, async (t) => {
    const greedy = `
return function(results)
  if results.master.greedy then ${code} end
  require("rspamd_logger").infox("alive")
end`;
    const { scripts, said } = await compareScripts(t, [greedy], { timeout: 120_000 });
    for (const greed of [true, false]) scripts.compared(comparison({ master: { greedy: greed } }));
    await scripts.done();
    const lines = said();
    assert.ok(
      lines.some((line) => line.includes('memory')),
      lines.join('\n'),
    );
    assert.equal(lines.at(-1), 'alive');
  });
}

test('scripts that are too slow: messages are left out and counted, nobody waits', bounded, async (t) => {
  const slow = `
local n = 0
return function() n = n + 1; if n == 1 then while true do end end; require("rspamd_logger").infox("%s", n) end`;
  const { scripts, said, log } = await compareScripts(t, [slow], { timeout: 2_000 });
  const began = performance.now();
  for (let n = 0; n < 1_500; n++) scripts.compared(comparison({ master: {} }));
  assert.ok(performance.now() - began < 1_800);
  await scripts.done();
  await log.until(/^1000$/);
  await scripts.close();
  assert.equal(lostIn(said()), 500);
  assert.equal(said().filter((line) => /^\d+$/.test(line)).length, 999);
});

test('large results take more of the room', bounded, async (t) => {
  const { scripts, said } = await compareScripts(t, ['return function() end']);
  for (let n = 0; n < 10; n++) scripts.compared(comparison({ master: {} }, 20 * 1024 * 1024));
  await scripts.done();
  await scripts.close();
  assert.ok(said().some((line) => line.includes('not given to them')));
});

test('a flood of log lines is cut', bounded, async (t) => {
  const { scripts, said } = await compareScripts(t, [
    'return function() for i = 1, 2000 do require("rspamd_logger").infox("%s", i) end end',
    counting,
  ]);
  scripts.compared(comparison({ master: {} }));
  await scripts.done();
  const lines = said();
  assert.equal(lines.length, 501);
  assert.equal(lines.at(-1), 'scripts may log 500 lines for a message: 1501 more are left out');
  scripts.compared(comparison({ master: {} }));
  await scripts.done();
  assert.equal(said().length, 1002);
});

test('results that cannot be handed over are told', bounded, async (t) => {
  const { scripts, log } = await compareScripts(t, [counting]);
  const deep: unknown = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`);
  scripts.compared(comparison({ master: { deep } }));
  scripts.compared(comparison({ master: {} }));
  await scripts.done();
  assert.deepEqual(
    log.lines.map(({ text }) => text),
    ['cannot run lua compare script test.conf:1: values are nested more than 400 deep', '1'],
  );
});

test('debug lines: of the modules that are debugged', bounded, async (t) => {
  const debugging = `
local logger = require "rspamd_logger"
return function(results, tag) logger.debugm("mirrorcmp", tag, "detail"); logger.debugx("more") end`;
  const { scripts, log } = await compareScripts(t, [debugging], { debugModules: ['mirrorcmp'] });
  const seen: string[] = [];
  log.log = (level, module, _fn, _id, text) => void seen.push(`${level} ${module} ${text}`);
  scripts.compared(comparison({ master: {} }));
  await scripts.done();
  assert.deepEqual(seen, ['debug mirrorcmp detail']);
});

test('what waits when the worker ends has a moment, then it is lost and counted', bounded, async (t) => {
  const { scripts, said } = await compareScripts(t, ['return function() while true do end end'], { timeout: 30_000 });
  for (let n = 0; n < 3; n++) scripts.compared(comparison({ master: {} }));
  const began = performance.now();
  await scripts.close();
  assert.ok(performance.now() - began < 20_000);
  assert.equal(lostIn(said()), 2);
});

/** How many messages were left out, as log lines tell. */
function lostIn(lines: readonly string[]): number {
  const counts = lines.flatMap((line) => /too slow: (\d+) messages? w/.exec(line)?.[1] ?? []);
  return counts.reduce((sum, count) => sum + Number(count), 0);
}
