import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emitJson, loadText, parseText, renderDiagnostic } from '../../src/ucl/index.ts';
import { slow } from '../support/project.ts';
import { folderOf, randomFrom } from './support.ts';

const installed = spawnSync('rspamadm', ['--version']).error === undefined;
const skip = installed ? false : 'no rspamadm here';
const rounds = slow ? 40 : 4;
const perRound = 100;

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));

/** What Debian's rspamadm prints; the test fails where it refuses. */
function rspamadm(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('rspamadm', args, { timeout: 60_000, maxBuffer: 1 << 26 });
  assert.equal(status, 0, stderr.toString().slice(0, 2000));
  return stdout.toString('latin1');
}

/** Random sections that both must accept; what releases of Rspamd read in different ways is not among it. */
class Sections {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  object(depth: number): string {
    return Array.from({ length: upTo(this.#random, 4) }, () => this.#member(depth)).join('');
  }

  #member(depth: number): string {
    const blank = pick(this.#random, ['', '  ', '\n', '# a comment; { "\n', '/* one /* in one */ */ ', '\t']);
    const [key, repeatable] = pick(this.#random, [
      [pick(this.#random, ['a', 'b', 'x.y', 'k_1', 'foo-bar', '"q k"', '/p', '9']), true],
      [`u${this.#names++}`, false],
    ] as const);
    if (depth > 0 && this.#random() < 0.15) return `${blank}${key} name${this.#names++} {${this.object(depth - 1)}}\n`;
    const value = this.#value(depth, !repeatable);
    const sign = pick(this.#random, [' = ', ': ', '=', ' ', ' =\n  ']);
    return `${blank}${key}${sign}${value}${/^[{[]/.test(value) ? pick(this.#random, ['\n', ';', '']) : pick(this.#random, [';', '\n', ';\n', ', ', '; # end\n'])}`;
  }

  /** Rspamd shows no more of a repeated key than its first array. */
  #value(depth: number, arrays: boolean): string {
    const kind = this.#random();
    if (kind < 0.3) return this.#number();
    if (kind < 0.65 || depth === 0) return this.#scalar();
    if (kind < 0.82 || !arrays) return `{${pick(this.#random, ['', '\n'])}${this.object(depth - 1)}}`;
    const items = Array.from({ length: upTo(this.#random, 3) }, () => this.#value(depth - 1, true));
    return `[${items.join(pick(this.#random, [', ', ',\n', ' ;']))}${items.length > 0 ? pick(this.#random, ['', ',']) : ''}]`;
  }

  #number(): string {
    const digits = pick(this.#random, ['0', '7', '007', '12', '1.5', '0.25', '1e3', '0x1f', '0xAbC', '123456789012']);
    const suffix = pick(this.#random, ['', '', 'k', 'mb', 'gb', 'ms', 's', 'min', 'h', 'd', 'w', 'y', 'S', 'KB']);
    const isHex = digits.startsWith('0x');
    // Releases differ on -0ms.
    const sign = digits !== '0' && this.#random() < 0.2 ? '-' : '';
    return sign + digits + (isHex ? pick(this.#random, ['', 'k', 's']) : suffix);
  }

  #scalar(): string {
    return pick(this.#random, [
      ...['"text"', '"two words"', '"\\u00e9\\n\\t\\""', '"$VERSIONX $NOSUCH $$"', '"\\d\\/"', '"} # no comment"'],
      ...["'single'", "'it\\'s \\n'", "'over\nlines'", '<<EOD\nline # one\n  "two"\nEOD', '<<X\n\nX'],
      ...['bare', 'bare words', 'a=b', 'foo(b)c', '10.0.0.0/8', '*:11332', '1-2', 'yes no', '5 apples', '\\;x', '12 b'],
      ...['yes', 'No', 'TRUE', 'off', 'null', '1h30m', '100%', '+5', '.5', '1.2.3', '-'],
    ]);
  }
}

/** A heredoc's end wants a line of its own. */
const tidy = (text: string): string => text.replace(/\n(EOD|X)(?=[^\n;,])/g, '\n$1\n');

test("documents have the value that Debian's rspamadm gives them", { timeout: 300_000, skip }, (t: TestContext) => {
  const random = randomFrom(4_160);
  for (let round = 0; round < rounds; round++) {
    const sections = new Sections(random);
    const text = tidy(
      Array.from({ length: perRound }, (_, at) => `section${at} {\n${sections.object(3)}\n}\n`).join(''),
    );
    const file = join(folderOf(t, {}), 'rspamd.conf');
    writeFileSync(file, text, 'latin1');
    const { root, diagnostics } = loadText(text, { variables: [['VERSION', '3.4']] });
    assert.ok(root !== undefined, diagnostics.map(renderDiagnostic).join('\n'));
    const theirs = JSON.parse(rspamadm('configdump', '-T', '-j', '-c', file)) as Record<string, unknown>;
    const ours = JSON.parse(emitJson(root)) as Record<string, unknown>;
    for (let at = 0; at < perRound; at++) assert.deepEqual(ours[`section${at}`], theirs[`section${at}`]);
  }
});

const names =
  "{% set X = 'value' %}{% set EMPTY = '' %}{% set N = '42' %}{% set HTML = '<b>\"x\" & y</b>' %}" +
  "{% set LONG = 'the quick brown fox jumps over the lazy dog' %}{% set list = {3, 1, 2} %}";

/** A random piece of a template. */
function piece(random: Random): string {
  const text = pick(random, ['X', 'EMPTY', 'HTML', 'LONG', '"lit"', 'nosuch or "d"', 'X:upper()', 'LONG:sub(2, 9)']);
  const number = pick(random, ['1', '2.5', '-3', '10/4', '-7 % 3', '2^10', 'N + 1', '1e15', '0.1', '1/3', '1e14']);
  const table = pick(random, ['list', '{"b", "a", "C"}', '{}', '{"x"}', 'range(5)', 'range(2, 10, 3)']);
  const ofText = pick(random, [
    ...['upper', 'lower', 'capitalize', 'title', 'reverse', 'length', 'string', 'escape', 'striptags', 'urlencode'],
    ...['wordcount', 'center(20)', 'truncate(10)', 'truncate(10, true)', 'replace("a", "o")', 'indent(2)', 'urlize'],
    ...['replace("%w", "z", 2)', 'default("dd")', 'default("dd", true)', 'first', 'forceescape', 'safe'],
  ]);
  const ofNumber = pick(random, ['round', 'round(1)', 'round(0, "ceil")', 'abs', 'int', 'string', 'filesizeformat']);
  const ofTable = pick(random, ['first', 'last', 'length', 'join(",")', 'reverse|join(",")', 'sort(true)|join(",")']);
  const expression = pick(random, [
    `${text}|${ofText}`,
    `${number}|${ofNumber}`,
    `${table}|${ofTable}`,
    `(${number} ${pick(random, ['+', '-', '*', '<', '>=', '..'])} ${number})`,
    `${text} == "value" and "same" or ${number}`,
    'string.format("%05.1f %s %q %x", 3.14159, X, "a", 255)',
  ]);
  return pick(random, [
    `{= ${expression} =}`,
    `{% if ${expression} %}yes{% else %}no{% endif %}`,
    `{% for v in ${table} %}{= loop.index =}:{= v =}{% if loop.last %}!{% endif %} {% else %}none{% endfor %}`,
    `{% set z = ${expression} %}[{= z =}]`,
    `{% filter upper %}hello {= X =}{% endfilter %}`,
    `{% macro m(a, b="B") %}<{= a =}{= b =}>{% endmacro %}{= m(${number}) =}{= m(1, 2) =}`,
    pick(random, ['{# c #}', '{%- if true -%}  t  {%- endif %} ', '{% raw %}{= x =}{% endraw %}', '  {=- X -=}  ']),
  ]);
}

test("templates come out as those of Debian's rspamadm", { timeout: 300_000, skip }, (t: TestContext) => {
  const random = randomFrom(31_415);
  for (let round = 0; round < rounds; round++) {
    const pieces = Array.from({ length: perRound }, () => piece(random));
    // One line each, on which the next one's trimming of blanks ends.
    const template = names + pieces.map((one) => `>${one}<\n`).join('');
    const file = join(folderOf(t, {}), 'template');
    writeFileSync(file, template, 'latin1');
    const { sources, diagnostics } = parseText(template, { template: { env: new Map(), paths: new Map() } });
    const [source] = sources;
    assert.ok(source?.origin !== undefined, diagnostics.map(renderDiagnostic).join('\n'));
    const theirs = rspamadm('template', '-n', file).split('\n');
    for (const [at, line] of source.text.split('\n').entries()) assert.equal(line, theirs[at], pieces[at]);
  }
});
