import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRegexp, Subject, takeApart } from '../../../src/scan/regexp/index.ts';
import { Machine } from '../../../src/scan/regexp/machine.ts';
import { isRegular } from '../../../src/scan/regexp/measure.ts';
import { parsePattern } from '../../../src/scan/regexp/parse.ts';
import { compileProgram } from '../../../src/scan/regexp/program.ts';
import { Chance, generateCase } from './generate.ts';

const megabyte = 1 << 20;

/** Patterns that take other engines years, with what they say of a subject made to vex them. */
const vexing: ReadonlyArray<readonly [pattern: string, subject: string, matches: boolean | undefined]> = [
  ['/^(a+)+$/', `${'a'.repeat(megabyte)}b`, false],
  ['/^(a|a)*$/', `${'a'.repeat(megabyte)}b`, false],
  ['/^(a|aa)+$/', `${'a'.repeat(megabyte)}b`, false],
  ['/(x+x+)+y/', 'x'.repeat(megabyte), false],
  ['/\\S+@\\S+\\.com/', 'x'.repeat(megabyte), false],
  ['/\\S+@\\S+\\.com/', `${'x@'.repeat(megabyte / 2)}.com`, true],
  ['/(?:.*a){20}z/s', 'a'.repeat(100_000), false],
  ['/^(?:.*?,){11}P/', ','.repeat(200_000), false],
  ['/(.*)*(.*)*(.*)*q/s', 'b'.repeat(300_000), false],
  ['/a.*b.*c.*d.*e/s', 'abcd'.repeat(megabyte / 4), false],
  ['/(a*)*b/i', 'A'.repeat(megabyte), false],
  ['/<a[^>]*href[^>]*>[^<]*<\\/a>/i', '<a href'.repeat(megabyte / 8), false],
  // Here the way counts, and the search is given up.
  ['/^(a+)\\1+$/', `${'a'.repeat(50_000)}b`, undefined],
  ['/(?=(a+))*\\1b/', 'a'.repeat(50_000), undefined],
  ['/^(?:(?=a)a|aa)+$/', `${'a'.repeat(200_000)}b`, undefined],
  ['/(?R)?a/', 'b'.repeat(50_000), undefined],
  ['/(?1)(a(?1)?)/', 'a'.repeat(10_000), undefined],
  ['/^(?>(a+)+)+$/', `${'a'.repeat(megabyte)}b`, false],
];

for (const [pattern, text, matches] of vexing) {
  test(`${pattern} on ${text.length} bytes ends`, { timeout: 120_000 }, () => {
    const started = performance.now();
    const found = compileRegexp(takeApart(pattern)).test(new Subject(text));
    const spent = performance.now() - started;
    if (matches !== undefined) assert.equal(found, matches);
    // Far above what it takes, far below what an engine without a bound takes.
    assert.ok(spent < 30_000, `${spent} ms`);
  });
}

test('a pattern that is too large, too deep or too long is refused', { timeout: 60_000 }, () => {
  const refused = [
    '(?:(?:(?:a{1000}){1000}){1000}){1000}',
    `${'('.repeat(400)}a${')'.repeat(400)}`,
    'a'.repeat(70_000),
    'a{70000}',
  ];
  for (const pattern of refused) assert.throws(() => compileRegexp({ pattern, flags: '' }), { name: 'PatternError' });
});

test('trying each place once finds what trying all ways finds', { timeout: 300_000 }, () => {
  const chance = new Chance(7);
  let compared = 0;
  while (compared < 5000) {
    const { pattern, flags, subjects } = generateCase(chance);
    if (flags.includes('u')) continue;
    let parsed: ReturnType<typeof parsePattern>;
    try {
      parsed = parsePattern(pattern, {
        caseless: flags.includes('i'),
        multiline: flags.includes('m'),
        dotAll: flags.includes('s'),
        extended: flags.includes('x'),
        utf: false,
      });
      if (!isRegular(parsed.root)) continue;
    } catch {
      continue;
    }
    for (const subject of subjects) {
      const [plain, linear] = [false, true].map((once) => {
        const program = compileProgram(parsed, once);
        const search = {
          program,
          groups: parsed.groups,
          utf: false,
          skipsNewline: true,
          anchored: false,
          starts: undefined,
        };
        const machine = new Machine(search, subject, 0, 1_000_000, once);
        const outcome = machine.run();
        return outcome === 'match' ? [...machine.captures.slice(0, 2)] : outcome;
      });
      assert.deepEqual(linear, plain, `/${pattern}/${flags} on ${JSON.stringify(subject)}`);
      compared++;
    }
  }
});
