import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkScripts, type Script, type ScriptProblem } from '../../src/scripts/index.ts';
import { inline } from './support.ts';

const bounded = { timeout: 60_000 };

async function problemOf(script: Script): Promise<ScriptProblem | undefined> {
  const [problem] = await checkScripts([script], {});
  return problem;
}

test('scripts that load have no problem', bounded, async () => {
  const fine = 'local logger = require "rspamd_logger" return function() end';
  const scripts = [inline('compare', fine), inline('parser', fine), inline('parser', 'return { from = print }')];
  assert.deepEqual(await checkScripts(scripts, {}), [undefined, undefined, undefined]);
});

for (const [text, message, line] of [
  ['\nreturn function( end', /^cannot load lua parser script: \[string "proxy parser"\]:2: .* near 'end'$/, 2],
  ['\n\nlocal x = nil .. "a"', /^cannot init .*\]:3: attempt to concatenate a nil value; trace: .* \[main\]\};$/, 3],
  ['\nerror({})', /^cannot init lua parser script: unknown error; trace: /, 2],
  ['require "no_such_module"', /module 'no_such_module' not found/, 1],
  ['return', /must return function, nil returned$/, undefined],
  ['return 5', /must return function, number returned$/, undefined],
  ['return {}', /must return function, table returned$/, undefined],
  ['os.exit(1)', /os\.exit\(1\)/, undefined],
] as const) {
  test(`a compare script that does not load: ${JSON.stringify(text)}`, bounded, async () => {
    const problem = await problemOf(inline('compare', text));
    assert.match(problem?.message ?? '', message);
    assert.equal(problem?.line, line);
  });
}

for (const [text, message] of [
  ['return 5', /must return function or table, number returned$/],
  ['return {}', /must return function, or a table whose field from is a function$/],
  ['return { from = 1, to = print }', /a table whose field from is a function$/],
] as const) {
  test(`a parser that does not load: ${JSON.stringify(text)}`, bounded, async () => {
    assert.match((await problemOf(inline('parser', text)))?.message ?? '', message);
  });
}

test('the others are told of, too, when one ends the thread', bounded, async () => {
  const memory =
    'local t, all = {}, {} for i = 1, 7000 do t[i] = i end while true do all[#all + 1] = { unpack(t) } end';
  const [first, second] = await checkScripts([inline('compare', 'return print'), inline('compare', memory, 1)], {});
  assert.equal(first, undefined);
  assert.match(second?.message ?? '', /memory|its time is over|no end after/);
});
