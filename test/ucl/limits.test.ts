import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../grammar/index.ts';
import { loadText, parseText } from '../../src/ucl/index.ts';
import { cpuTime } from '../support/cpu-time.ts';
import { slow } from '../support/project.ts';
import { errors, folderOf, read } from './support.ts';

/** Texts that take a careless parser more than linear time, or more stack than there is. */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  'open braces': (n) => '{'.repeat(n),
  'sections in sections': (n) => 'a {'.repeat(n / 3),
  'arrays in arrays': (n) => `a = ${'['.repeat(n)}`,
  quotes: (n) => '"'.repeat(n),
  'quoted keys': (n) => '"a" '.repeat(n / 4),
  'strings over lines': (n) => 'a = "x\n'.repeat(n / 7),
  'single quotes': (n) => "a = '".repeat(n / 5),
  'block comments': (n) => '/*'.repeat(n / 2),
  'comments and values': (n) => 'a = 1; /* " */'.repeat(n / 14),
  'closed comments': (n) => '/**/'.repeat(n / 4),
  'line comments': (n) => '#\n'.repeat(n / 2),
  heredocs: (n) => '<<A'.repeat(n / 3),
  'unfinished heredocs': (n) => 'a = <<EOD\n'.repeat(n / 10),
  'a heredoc of nothing but its letter': (n) => `a = <<${'A'.repeat(n / 3)}\n\n${'A'.repeat(n / 2)}B`,
  'heredoc ends that are none': (n) => `a = <<AA\n${'AAx\n'.repeat(n / 4)}`,
  dollars: (n) => `a = "${'$'.repeat(n)}"`,
  'open variables': (n) => `a = "${'${'.repeat(n / 2)}"`,
  variables: (n) => `a = "${'$ABI'.repeat(n / 4)}"`,
  'names without separators': (n) => `${'a '.repeat(n / 2)}{`,
  'names without any end': (n) => 'a '.repeat(n / 2),
  'keys with a value on the same line': (n) => 'a b; '.repeat(n / 5),
  'repeated keys': (n) => 'a = 1;'.repeat(n / 6),
  'different keys': (n) => Array.from({ length: n / 10 }, (_, at) => `k${at} = 1;`).join('\n'),
  'one long line of sections': (n) => 'a {} '.repeat(n / 5),
  'closing brackets': (n) => '}'.repeat(n),
  'brackets that do not fit': (n) => 'a = [}'.repeat(n / 6),
  separators: (n) => `a = 1${';'.repeat(n)}`,
  blanks: (n) => `a = 1${' '.repeat(n)}x`,
  'blanks before a brace that never comes': (n) => `a${'\n '.repeat(n / 2)}`,
  backslashes: (n) => `a = ${'\\'.repeat(n)}`,
  digits: (n) => `a = ${'1'.repeat(n)}`,
  'braces in a bare value': (n) => `a = x${'{'.repeat(n)}`,
  'macros without a name': (n) => '. '.repeat(n / 2),
  'unknown macros': (n) => '.x y\n'.repeat(n / 5),
  'open arguments': (n) => '.include('.repeat(n / 9),
  'arguments in arguments': (n) => `.include${'('.repeat(n)}`,
  'bad keys': (n) => '$x'.repeat(n / 2),
  'nothing but NUL': (n) => '\0'.repeat(n),
  'bytes above 0x7f': (n) => '\xff'.repeat(n),
};

const size = slow ? 1_000_000 : 256_000;

/** The text as reading a file gives it: V8 keeps a repeated text as a tree. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

for (const [name, make] of Object.entries(shapes)) {
  test(`nothing but ${name} takes linear time`, { timeout: 120_000 }, () => {
    const time = (n: number): number => {
      const text = flat(make(n));
      const began = cpuTime();
      parseText(text, { variables: [['ABI', 'x']] });
      return cpuTime() - began;
    };
    time(size / 100);
    const small = Math.max(time(size / 8), 5);
    const large = time(size);
    // Eight times the text; quadratic time would be sixty-four times as much.
    assert.ok(large < small * 30 + 300, `${small.toFixed(0)} ms for an eighth, ${large.toFixed(0)} ms for all`);
  });
}

test('a thousand levels of anything work', { timeout: 60_000 }, () => {
  for (const [open, close] of [
    ['a {', '}'],
    ['a = [{', '}]'],
    ['a b {', '}'],
  ] as const) {
    const levels = Math.floor(1000 / (open.length - 2));
    const { value } = parseText(open.repeat(levels) + close.repeat(levels));
    assert.notEqual(value, undefined, open);
  }
  assert.notEqual(parseText(`a = ${'['.repeat(1000)}${']'.repeat(1000)}`).value, undefined);
  assert.notEqual(parseText(`${'a '.repeat(1000)}{}`).value, undefined);
});

test('more levels are refused', { timeout: 60_000 }, () => {
  const deep = limits.nesting + 1;
  const message = `objects are nesting too deep (over ${limits.nesting} levels)`;
  for (const text of [`a = ${'['.repeat(deep)}`, 'a {'.repeat(deep), `${'a '.repeat(deep)}{}`, '{"a":'.repeat(deep)]) {
    const said = errors(text);
    assert.equal(said.length, 1, text.slice(0, 10));
    assert.ok(said[0]?.endsWith(message), said[0]);
  }
});

test('levels count through included files', { timeout: 60_000 }, (t) => {
  const levels = 200;
  const files = Array.from({ length: 8 }, (_, at) => {
    const inner = at === 7 ? 'x = 1' : `.include "${at + 1}.inc"\n`;
    return [`${at}.inc`, `${'a {'.repeat(levels)}${inner}${'}'.repeat(levels)}`] as const;
  });
  const cwd = folderOf(t, Object.fromEntries(files));
  assert.match(errors('.include "0.inc"', { cwd }).join('\n'), /nesting too deep/);
});

test('no more than a hundred mistakes of one text are told', { timeout: 60_000 }, () => {
  const said = errors('a = ;\n'.repeat(1000));
  assert.equal(said.length, limits.problems + 1);
  assert.match(said.at(-1) ?? '', /more than 100 mistakes; the rest of this text is not read/);
});

test('what is inherited again and again is bounded', { timeout: 60_000 }, () => {
  const steps = Array.from({ length: 40 }, (_, at) => `p${at + 1} { a { .inherit "p${at}" } b { .inherit "p${at}" } }`);
  assert.match(errors(`p0 { x = 1; y = 2 }\n${steps.join('\n')}`)[0] ?? '', /more than \d+ values are inherited/);
});

test('files that include each other many times are bounded', { timeout: 60_000 }, (t) => {
  const files = Array.from({ length: 15 }, (_, at) => [`${at}.inc`, `.include "${at + 1}.inc"\n`.repeat(10)] as const);
  const cwd = folderOf(t, { ...Object.fromEntries(files), '15.inc': 'x = 1' });
  const { root, diagnostics } = loadText('.include "1.inc"', { cwd });
  assert.equal(root, undefined);
  assert.match(diagnostics.map((one) => one.message).join('\n'), /more than \d+ files are included/);
});

test('numbers beyond a double keep all their digits', { timeout: 60_000 }, () => {
  assert.deepEqual(read('a = 9007199254740993'), { a: 9_007_199_254_740_993n });
});
