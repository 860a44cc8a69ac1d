import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { fakeIo } from '../config/support.ts';

const bounded = { timeout: 60_000 };

const answers = { master: { action: 'no action', score: 1.5 }, mirrors: { lab: { score: 3 }, down: 'IO timeout' } };

/** A line of the comparison log. */
const logged = {
  ts: 1_795_348_014.5,
  id: '2218989108e7a9a2',
  message_id: 'one@example.org',
  master: { action: 'no action', score: 1.5, ms: 3.2, symbols: { A: 1.5 } },
  mirrors: {
    lab: { same: false, action: 'reject', score: 16, ms: 2, symbols: { A: 1, B: 15 } },
    down: { error: 'IO timeout', ms: 2000 },
  },
};

async function run(t: TestContext, script: string, records: string, ...flags: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-script-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, recorded] = [join(folder, 'check.lua'), join(folder, 'results.json')];
  writeFileSync(file, script);
  writeFileSync(recorded, records);
  const io = fakeIo();
  const code = await main(['compare-script', ...flags, file, recorded], io);
  const shown = (text: string) => Buffer.from(text, 'latin1').toString().replaceAll(folder, '');
  return { code, out: shown(io.out()), err: shown(io.err()) };
}

const showAll = `
local logger = require "rspamd_logger"
local seen = 0
return function(results, tag)
  seen = seen + 1
  local names = {}
  for name in pairs(results) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local r = results[name]
    logger.infox('%s %s %s: %s', seen, tag, name, type(r) == 'table' and r.score or r)
  end
end`;

test('results as scanners gave them: every message is a call, state is kept', bounded, async (t) => {
  const { code, out, err } = await run(t, showAll, JSON.stringify({ calls: [answers, answers] }));
  assert.equal(err, '');
  assert.match(
    out,
    /^info: check\.lua:11: 1 [0-9a-f]{6} down: IO timeout\ninfo: \S+ 1 \w+ lab: 3\ninfo: \S+ 1 \w+ master: 1\.5\ninfo: \S+ 2 /,
  );
  assert.equal(code, 0);
});

test('a single message', bounded, async (t) => {
  const { out } = await run(t, showAll, JSON.stringify(answers));
  assert.equal(out.split('\n').length, 4);
});

test('lines of the comparison log: symbols as scanners name them, the id of the session', bounded, async (t) => {
  const script = `
return function(results, tag)
  local m, lab = results.master, results.lab
  print(tag, m['message-id'], lab.action, lab.symbols.B.name, lab.symbols.B.score, lab.time_real, results.down)
end`;
  const line = JSON.stringify(logged);
  const { code, out } = await run(t, script, `${line}\n${line}\n`);
  const expected = '221898\tone@example.org\treject\tB\t15\t0.002\tIO timeout\n';
  assert.deepEqual({ code, out }, { code: 0, out: expected.repeat(2) });
});

test('an error shows where it happened, and what called it', bounded, async (t) => {
  const script = `local function deep(r) return r.nothing.here end
return function(results)
  local value = deep(results.master)
  return value
end`;
  const { code, out, err } = await run(t, script, JSON.stringify(answers));
  assert.deepEqual(
    { code, out, err },
    {
      code: 1,
      out: '',
      err:
        "cannot run lua compare script: /check.lua:1: attempt to index field 'nothing' (a nil value)\n" +
        '  /check.lua:1 - deep [Lua]\n  /check.lua:3 - <unknown> [Lua]\n',
    },
  );
});

test('a script that does not load is shown with the line', bounded, async (t) => {
  const { code, err } = await run(
    t,
    'local x = 1\nreturn function()\n  if x = 2 then end\nend\n',
    JSON.stringify(answers),
  );
  assert.equal(code, 1);
  assert.equal(
    err,
    "/check.lua:3:3: cannot load lua parser script: /check.lua:3: 'then' expected near '='\n    if x = 2 then end\n    ^\n",
  );
  const nothing = await run(t, 'local x = 1', JSON.stringify(answers));
  assert.match(nothing.err, /must return function, nil returned/);
});

test('an endless script is stopped', bounded, async (t) => {
  const { code, err } = await run(t, 'return function() while true do end end', JSON.stringify(logged), '-t', '0.2');
  assert.equal(code, 1);
  assert.equal(
    err,
    'cannot run lua compare script /check.lua for message one@example.org: it was stopped, its time is over\n',
  );
});

test('os.exit ends the run, not the program', bounded, async (t) => {
  const { code, err } = await run(t, 'return function() os.exit(7) end', JSON.stringify(answers));
  assert.equal(code, 1);
  assert.match(err, /os\.exit\(7\)/);
});

test('debug lines are printed when they are asked for', bounded, async (t) => {
  const script = 'return function() require("rspamd_logger").debugx("detail") end';
  assert.equal((await run(t, script, JSON.stringify(answers))).out, '');
  assert.equal((await run(t, script, JSON.stringify(answers), '-d')).out, 'debug: check.lua:1: detail\n');
});

for (const [what, records, complaint] of [
  ['no JSON', '{"master": {}}\nnonsense', /line 2 is not JSON/],
  ['nothing', '[]', /there is no message in it/],
  ['something else', '{"score": 1}', /message 1 is not \{"master"/],
  ['mirrors that are a list', '{"master": {}, "mirrors": []}', /message 1 is not \{"master"/],
] as const) {
  test(`records: ${what}`, bounded, async (t) => {
    const { code, err } = await run(t, 'return print', records);
    assert.equal(code, 1);
    assert.match(err, complaint);
  });
}

test('a file that is not there', bounded, async () => {
  const io = fakeIo();
  assert.equal(await main(['compare-script', '/nonexistent.lua', '/nonexistent.json'], io), 1);
  assert.match(io.err(), /\/nonexistent\.lua/);
});
