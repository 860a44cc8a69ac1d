import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { RuleSource } from '../../../src/scan/index.ts';
import { noRspamd } from '../../support/rspamd.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';
import { startPeer } from './peer.ts';
import { findingsOf, mapFiles, plain } from './support.ts';

const limit = { timeout: 60_000 };

/** Finds what the field X-Found says: `A B=3`, by its own score. */
const found: RuleSource = () => [
  {
    name: 'FOUND',
    stage: 'filter',
    symbols: { A: { score: 1 }, B: { score: 1 }, ZERO: { score: 0 } },
    run: (task) => {
      for (const word of (task.message.header('X-Found') ?? '').split(' ').filter(Boolean)) {
        const [name = '', score = '1'] = word.split('=');
        task.insert(name, Number(score));
      }
    },
  },
];

/** An envelope with which our own rules find next to nothing. */
const quiet = [
  ['From', 'a@example.org'],
  ['User', 'anna'],
] as const;

async function scan(rules: string, symbols: string, more = ''): Promise<Reply> {
  const scanner = await makeScanner(`${stockActions} force_actions { ${rules} } ${more}`, [found]);
  assert.deepEqual(scanner.problems, []);
  return scanText(scanner, plain('Hi.', { 'X-Found': symbols }), { headers: quiet });
}

const rule = (options: string) => `rules { R { ${options} } }`;

test('an expression leads to an action, with a message', limit, async () => {
  const reject = rule('action = "reject"; expression = "A & !B"; message = "go away";');
  const reply = await scan(reject, 'A');
  assert.deepEqual([reply.action, reply.passthrough_module], ['reject', 'force_actions']);
  assert.equal(reply.messages['smtp_message'], 'go away');
  assert.deepEqual(reply.symbols['FORCE_ACTION_R']?.options, ['reject']);
  assert.equal((await scan(reject, 'A B')).action, 'no action');
  assert.equal((await scan(reject, '')).action, 'no action');
  const named = await scan(
    rule(`action = "soft_reject"; expression = "ZERO"; message = "to $\{user}: $\{header(Subject)}";`),
    'ZERO',
  );
  assert.deepEqual([named.action, named.messages['smtp_message']], ['soft reject', 'to anna: hello']);
  const without = await scan(rule('action = "reject"; expression = "A";'), 'A');
  assert.equal(without.messages['smtp_message'], undefined);
});

test('a limit for what the scores come to', limit, async () => {
  const sum = rule('action = "reject"; expression = "A + B"; limit = 3;');
  assert.equal((await scan(sum, 'A=1 B=2')).action, 'no action');
  assert.equal((await scan(sum, 'A=1 B=2.5')).action, 'reject');
  assert.equal((await scan(sum, 'A=-4')).action, 'reject', 'scores count without their sign');
  assert.equal((await scan(rule('action = "reject"; expression = "A + B > 2";'), 'A=2 B=1')).action, 'reject');
});

test('actions that others lead to', limit, async () => {
  const required = rule('action = "reject"; expression = "A"; require_action = ["add header", "rewrite subject"];');
  assert.equal((await scan(required, 'A=7')).action, 'reject');
  assert.equal((await scan(required, 'A=1')).action, 'no action');
  const honoured = rule('action = "no action"; expression = "A"; honor_action = "reject";');
  assert.equal((await scan(honoured, 'A=20')).action, 'reject');
  assert.equal((await scan(honoured, 'A=7')).action, 'no action');
  const composite = 'composites { C { expression = "A & B"; } }';
  const late = rule('action = "reject"; expression = "C"; require_action = ["no action"];');
  assert.equal(
    (await scan(late, 'A B', composite)).action,
    'reject',
    'composites are there for rules that run at the end',
  );
});

test('the least of actions, and rules that go on', limit, async () => {
  const least = rule('action = "add header"; expression = "A"; least = true;');
  assert.equal((await scan(least, 'A=1')).action, 'add header');
  assert.equal((await scan(least, 'A=20')).action, 'reject');
  const late = 'multimap { LATE { type = "user"; map = ["anna"]; score = 0.1; require_symbols = "FORCE_ACTION_R"; } }';
  const stops = await scan(rule('action = "reject"; expression = "A";'), 'A', late);
  assert.deepEqual([stops.action, stops.symbols['LATE']], ['reject', undefined]);
  const goesOn = await scan(rule('action = "reject"; expression = "A"; process_all = true;'), 'A', late);
  assert.deepEqual([goesOn.action, goesOn.symbols['LATE']?.score], ['reject', 0.1]);
});

test('a subject of its own', limit, async () => {
  const reply = await scan(rule('action = "rewrite subject"; expression = "A"; subject = "[odd %d] %s";'), 'A=2');
  assert.deepEqual([reply.action, reply.subject], ['rewrite subject', '[odd 2.00] hello']);
});

test('the older form', limit, async () => {
  const older = `actions { reject = ["A & B", ["ZERO", "nothing", "x"]]; "soft reject" = ["A & !B"]; }
    messages { "A & !B" = "later"; }`;
  const both = await scan(older, 'A B');
  assert.equal(both.action, 'reject');
  assert.ok(Object.keys(both.symbols).some((name) => /^FORCE_ACTION_[0-9A-F]{12}$/.test(name)));
  const zero = await scan(older, 'ZERO');
  assert.deepEqual([zero.action, zero.messages['smtp_message']], ['reject', 'nothing']);
  const one = await scan(older, 'A');
  assert.deepEqual([one.action, one.messages['smtp_message']], ['soft reject', 'later']);
});

test('what cannot be used is told with its place', limit, async () => {
  const rules = [
    'force_actions { rules {',
    'A { expression = "A"; }',
    'B { action = "rejct"; expression = "A"; }',
    'C { action = "reject"; expression = "A & (B"; }',
    'D { action = "reject"; expression = "A"; mesage = "x"; }',
    `E { action = "reject"; expression = "A"; message = "$\{nothing}"; }`,
    'F = "reject";',
    'G { action = "quarantine"; expression = "A"; }',
    '} }',
  ].join('\n');
  assert.deepEqual(await findingsOf(rules), [
    '3: warning: force_actions: rule A is off: it has no action',
    '4: warning: force_actions: rule B is off: there is no action rejct',
    '5: warning: force_actions: rule C is off: its expression cannot be read: a bracket is not closed',
    '6: warning: unknown option mesage in section force_actions.rules has no effect (did you mean message?)',
    '8: warning: force_actions: rule F is off: it has no options (write F { action = ..; expression = ..; })',
    '9: warning: force_actions: rule G is off: there is no action quarantine',
    '-: warning: force_actions: the message of FORCE_ACTION_E lacks nothing: selector "nothing" is not known here',
  ]);
});

const inLua = `
local id = rspamd_config:register_symbol({ name = 'FOUND', type = 'callback', callback = function(task)
  for word in (task:get_header('X-Found') or ''):gmatch('%S+') do
    local name, score = word:match('^([^=]+)=?(.*)$')
    task:insert_result(name, tonumber(score) or 1.0)
  end
end })
for number = 0, 9 do
  for _, name in ipairs { 'A', 'B', 'ZERO' } do
    rspamd_config:register_symbol({ name = name .. number, type = 'virtual', parent = id })
  end
end`;

/** Each with symbols of its own, so that one tree has all of them. */
const numbered = [
  'action = "reject"; expression = "A & !B"; message = "go away";',
  'action = "soft reject"; expression = "ZERO | B";',
  'action = "reject"; expression = "A + B"; limit = 3;',
  'action = "reject"; expression = "A"; require_action = ["add header", "greylist"];',
  'action = "no action"; expression = "A"; honor_action = ["reject"];',
  'action = "add header"; expression = "A"; least = true;',
  'action = "rewrite subject"; expression = "B"; subject = "[odd] %s";',
];
const older =
  'actions { reject = ["A0 & B0", ["ZERO0 & !A0", "nothing", "x"]]; "soft reject" = ["A0 & !B0"]; } messages { "A0 & !B0" = "later"; }';
const number = (text: string, at: number): string => text.replace(/\b(?:A|B|ZERO)\b/g, `$&${at}`);
const rules = `rules { ${numbered.map((options, at) => `R${at} { ${number(options, at)} }`).join('\n')} }`;

const metric = `group "own" { symbols { ${Array.from({ length: 10 }, (_, at) =>
  number('A { weight = 1; } B { weight = 1; } ZERO { weight = 0; }', at),
).join(' ')} } }`;

/** As FOUND of Debian's side. */
const numberedSymbols: RuleSource = (context) =>
  found(context).map((one) => ({
    ...one,
    symbols: Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => ['A', 'B', 'ZERO'].map((name) => [name + at, {}])).flat(),
    ),
  }));

const combinations = ['', 'A', 'B', 'A B', 'A=5', 'A=7 B=1', 'A=20', 'A=20 ZERO', 'ZERO', 'A=-4 B', 'B=7'];

test("Debian's Rspamd and we force the same", { timeout: 240_000, skip: noRspamd }, async (t) => {
  const folder = dirname(mapFiles(t, {})('x'));
  for (const [section, count] of [
    [rules, numbered.length],
    [older, 1],
  ] as const) {
    const sections = `${metric} force_actions { ${section} }`;
    const peer = await startPeer(t, { plugins: ['force_actions'], sections, folder, lua: inLua });
    const scanner = await makeScanner(`${stockActions} ${sections}`, [numberedSymbols]);
    assert.deepEqual(scanner.problems, []);
    for (let at = 0; at < count; at++) {
      for (const symbols of combinations) {
        const text = plain('Hi.', { 'X-Found': number(symbols, at) });
        const theirs = await peer({ text });
        const ours = await scanText(scanner, text, { headers: quiet });
        assert.deepEqual(outcome(ours), outcome(theirs), number(`${numbered[at]}: ${symbols}`, at));
      }
    }
  }
});

function outcome({ action, subject, messages, symbols }: Reply): unknown {
  const forced = Object.entries(symbols).filter(([name]) => name.startsWith('FORCE_'));
  return { action, subject, messages, forced: forced.map(([name, { options }]) => [name, options]) };
}
