import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleSource } from '../../src/scan/index.ts';
import { clean, makeScanner, type Reply, scanText } from './support.ts';

const limits = { timeout: 60_000 };

/** Symbols of weight 1 each, `N` of -1 and `Z` of none; `O` has options. */
const found: RuleSource = () => [
  {
    name: 'TEST',
    stage: 'filter',
    symbols: { A: { score: 1 }, B: { score: 1 }, N: { score: -1 }, Z: {}, O: { score: 1 }, MISSED: { score: 1 } },
    run: (task) => {
      for (const name of ['A', 'B', 'N', 'Z']) task.insert(name);
      task.insert('O', 1, ['red', 'green apple']);
    },
  },
  {
    name: 'LATE',
    stage: 'postfilter',
    symbols: { LATE: { score: 1 } },
    run: (task) => task.insert('LATE'),
  },
];

async function scan(composites: string): Promise<Reply> {
  const group = 'group "letters" { symbols { A { weight = 1; } N { weight = -1; } MISSED { weight = 1; } } }';
  const tree = `actions { reject = 15; add_header = 6; greylist = 4; } ${group} composites { ${composites} }`;
  return scanText(await makeScanner(tree, [found]), clean);
}

async function has(expression: string): Promise<boolean> {
  const reply = await scan(`C { expression = ${JSON.stringify(expression)}; score = 3; policy = leave; }`);
  return 'C' in reply.symbols;
}

test('expressions', limits, async () => {
  const cases: ReadonlyArray<readonly [expression: string, holds: boolean]> = [
    ['A & B', true],
    ['A and B', true],
    ['A && MISSED', false],
    ['A | MISSED', true],
    ['MISSED or A', true],
    ['!MISSED', true],
    ['not A', false],
    ['A & !MISSED', true],
    ['(MISSED | A) & !(MISSED & A)', true],
    ['MISSED | A & MISSED', false],
    ['A + B + O >= 3', true],
    ['A + B + O > 3', false],
    ['A + MISSED > 1', false],
    ['Z', true],
    ['Z & N', true],
    ['O[red]', true],
    ['O[blue]', false],
    ['O[red, /APPLE/i]', true],
    ['O[/^apple/]', false],
    ['g:letters', true],
    ['g+:letters', true],
    ['g-:letters & A', true],
    ['g:nobody', false],
    ['LATE', true],
    ['LATE & A', true],
  ];
  for (const [expression, holds] of cases) assert.equal(await has(expression), holds, expression);
});

test('what cannot be understood is told, and the others stay', limits, async () => {
  const tree =
    'composites { BAD { expression = "A & (B"; } WORSE { expression = "O[/(/]"; } GOOD { expression = "A"; } }';
  const scanner = await makeScanner(tree, [found]);
  assert.equal(scanner.problems.filter((problem) => /BAD|WORSE/.test(problem)).length, 2);
  assert.ok('GOOD' in (await scanText(scanner, clean)).symbols);
});

test('a match takes symbols and weights away as its policy says', limits, async () => {
  const base = await scan('');
  const cases: ReadonlyArray<readonly [policy: string, shown: boolean, counts: boolean]> = [
    ['', false, false],
    ['policy = remove_weight;', true, false],
    ['policy = remove_symbol;', false, true],
    ['policy = leave;', true, true],
  ];
  for (const [policy, shown, counts] of cases) {
    const reply = await scan(`C { expression = "A & !MISSED"; score = 3; ${policy} }`);
    assert.equal('A' in reply.symbols, shown, policy);
    assert.ok(Math.abs(reply.score - base.score - 3 - (counts ? 0 : -1)) < 1e-6, policy);
  }
});

test('prefixes spare or force', limits, async () => {
  const base = await scan('');
  const of = async (composites: string) => {
    const reply = await scan(composites);
    return ['A' in reply.symbols, Math.round((reply.score - base.score) * 100) / 100];
  };
  assert.deepEqual(await of('C { expression = "-A & B"; score = 0; }'), [true, -1]);
  assert.deepEqual(await of('C { expression = "~A"; score = 0; }'), [true, -1]);
  assert.deepEqual(await of('C { expression = "-A"; score = 0; } D { expression = "^A"; score = 0; }'), [false, -1]);
  assert.deepEqual(await of('C { expression = "A"; score = 0; } D { expression = "-A"; score = 0; }'), [true, 0]);
});

test('composites of composites are worked out when they are asked for; circles end', limits, async () => {
  const { symbols } = await scan(`OUTER { expression = "INNER & A"; score = 1; } INNER { expression = "B"; score = 1; }
    ROUND { expression = "ROUND2 | MISSED"; } ROUND2 { expression = "ROUND | MISSED"; }`);
  assert.ok('OUTER' in symbols);
  assert.equal('INNER' in symbols, false);
  assert.equal('ROUND' in symbols || 'ROUND2' in symbols, false);
});

test('a composite that is switched off is none', limits, async () => {
  assert.equal('C' in (await scan('C { expression = "A"; enabled = false; }')).symbols, false);
});
