import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parserScripts } from './support.ts';

const bounded = { timeout: 60_000 };
const session = 'aaaaaaaaaaaaaaaa';

test('a function, or a table with the function from; to is never called', bounded, async (t) => {
  const { scripts } = await parserScripts(t, [
    'return function(body) return { body = body } end',
    'return { from = function(body) return { size = #body } end, to = function() error("never") end }',
  ]);
  const body = Buffer.from('caf\xe9\0', 'latin1');
  assert.deepEqual(await scripts.parse(0, body, session), {
    is: 'value',
    value: { body: 'caf\xe9\0' },
    encoding: 'latin1',
  });
  assert.deepEqual(await scripts.parse(1, body, session), { is: 'value', value: { size: 5 }, encoding: 'latin1' });
});

test('what is no result: nil, an error, an empty body, values without a meaning', bounded, async (t) => {
  const { scripts, log } = await parserScripts(t, [
    `return function(body)
  if body == "nil" then return nil end
  if body == "error" then error("what is this?") end
  if body == "file" then return { f = io.stderr } end
  if body == "cycle" then local t = {} t.t = t return t end
  if body == "coroutine" then return { c = coroutine.create(print), b = true } end
  if body == "huge" then return ("x"):rep(20000000) end
end`,
  ]);
  const parse = async (body: string) => {
    const before = log.lines.length;
    const content = await scripts.parse(0, Buffer.from(body), session);
    return [content.is, ...log.lines.slice(before).map(({ level, fn, id, text }) => `${level} ${fn} ${id} ${text}`)];
  };
  const begin = `error proxy_backend_parse_results ${session} cannot run lua parser script`;
  assert.deepEqual(await parse(''), ['unreadable']);
  assert.deepEqual(await parse('nil'), ['unknown']);
  assert.deepEqual(await parse('coroutine'), ['value']);
  assert.deepEqual(await parse('error'), [
    'unreadable',
    `${begin}: [string "proxy parser"]:3: what is this?; trace: [1]:{[C]:-1 - error [C]}; [2]:{[string "proxy parser"]:3 - <unknown> [Lua]};`,
  ]);
  for (const [body, why] of [
    ['file', /userdata/],
    ['cycle', /contain themselves/],
    ['huge', /more than \d+ bytes/],
  ] as const) {
    const [is, line = ''] = await parse(body);
    assert.equal(is, 'unreadable');
    assert.match(line, why);
  }
});

test('functions in a result: the other side gets what they return', bounded, async (t) => {
  const { scripts } = await parserScripts(t, [
    'return function() return { a = function() return 5 end, b = function() error("no", 0) end, c = function() end } end',
  ]);
  const content = await scripts.parse(0, Buffer.from('x'), session);
  assert.deepEqual(content.is === 'value' && content.value, {
    a: new String('5'),
    b: new String('no'),
    c: new String('null'),
  });
});

test('an endless script is stopped; answers behind it are not read too late', bounded, async (t) => {
  const { scripts, said } = await parserScripts(
    t,
    ['return function(body) if body == "endless" then while true do end end return { ok = body } end'],
    { timeout: 1_000 },
  );
  const bodies = ['endless', 'endless', 'endless', 'endless', 'endless', 'one', 'two'];
  const began = performance.now();
  const contents = await Promise.all(bodies.map((body) => scripts.parse(0, Buffer.from(body), session)));
  assert.ok(performance.now() - began < 20_000);
  assert.ok(contents.slice(0, 5).every(({ is }) => is === 'unreadable'));
  assert.ok(said().some((line) => line.endsWith('it was stopped, its time is over')));
  assert.ok(said().some((line) => /the scripts before it take too long|script: its time is over/.test(line)));
  // It goes on when the endless ones are over.
  const late = await scripts.parse(0, Buffer.from('three'), session);
  assert.deepEqual(late, { is: 'value', value: { ok: 'three' }, encoding: 'latin1' });
});

test('a script that ends the process ends its thread only', bounded, async (t) => {
  const { scripts, said } = await parserScripts(t, [
    'return function(body) if body == "exit" then os.exit(1) end return { ok = true } end',
  ]);
  assert.deepEqual(await scripts.parse(0, Buffer.from('exit'), session), { is: 'unreadable' });
  const next = await scripts.parse(0, Buffer.from('x'), session);
  assert.equal(next.is, 'value');
  assert.ok(said().some((line) => line.startsWith('the thread of the parser scripts ended (os.exit(1)')));
});

test('a closed one reads nothing and does not hang', bounded, async (t) => {
  const { scripts } = await parserScripts(t, ['return function(body) return { ok = true } end']);
  await scripts.close();
  assert.deepEqual(await scripts.parse(0, Buffer.from('x'), session), { is: 'unreadable' });
});
