import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emitUcl, type Parsed, parseText, renderDiagnostic } from '../../src/ucl/index.ts';
import { cpuTime } from '../support/cpu-time.ts';
import { projectRoot, slow } from '../support/project.ts';
import { folderOf, randomFrom } from './support.ts';

const pieces = [
  ...'{}[]=:;,"\'\\#/ \n\t\r\0.$()<-+0123456789abckmswyEXx_',
  ...['/*', '*/', '<<EOD\n', '\nEOD\n', '${', '$ABI', '.include "x.inc"', '.priority 3\n', '.inherit "a"', '\\u0041'],
  ...[
    '{=',
    '=}',
    '{%',
    '%}',
    '{#',
    '#}',
    '{% if x %}',
    '{% endif %}',
    '{= 1|upper =}',
    ' = ',
    ' {',
    '};\n',
    '\xff\xfe',
  ],
  ...['a', 'b = 1;\n', 's x {', '"k"', "'v'", '10kb', '5min', 'yes', 'null', '0x1f', '1e5', '.load(key=z) "x.inc"'],
];
const world = { env: new Map([['x', true]]), paths: new Map<string, string>() };

function seeds(): string[] {
  const folders = ['fixtures/ucl', 'fixtures/broken/ucl'];
  return folders.flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:in|conf|inc)$/.test(name))
      .map((name) => readFileSync(join(projectRoot, folder, name), 'latin1').slice(0, 2000)),
  );
}

function mutate(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const piece = pieces[Math.floor(random() * pieces.length)] ?? '';
  const cut = Math.floor(random() * 4);
  return random() < 0.8 ? text.slice(0, at) + piece + text.slice(at + cut) : text.slice(0, at);
}

/** What holds for every text: a value or an error, diagnostics that can be shown, and values that can be written. */
function check({ value, diagnostics }: Parsed, text: string): void {
  const failed = diagnostics.some((one) => one.severity === 'error');
  assert.equal(value === undefined, failed, JSON.stringify(text));
  for (const one of diagnostics) {
    assert.ok(one.at.offset >= 0 && one.at.offset <= one.at.source.text.length, JSON.stringify(text));
    assert.match(renderDiagnostic(one), /\n.*\n *\t*.*\^|^[^\n]+$/);
  }
  if (value !== undefined) emitUcl(value);
}

test('no text makes the parser throw, hang or say nothing', { timeout: 1_200_000 }, (t) => {
  const random = randomFrom(20_250_801);
  const cwd = folderOf(t, { 'x.inc': 'a { b = 1 }\nc = "$ABI"' });
  const texts = seeds();
  const rounds = slow ? 100_000 : 10_000;
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    let text = random() < 0.5 ? '' : (texts[Math.floor(random() * texts.length)] ?? '');
    for (let n = Math.floor(random() * 12) + 1; n > 0; n--) text = mutate(text, random);
    const options = { cwd, variables: [['ABI', 'x']] as const, ...(random() < 0.3 ? { template: world } : {}) };
    const began = cpuTime();
    check(parseText(text, options), text);
    slowest = Math.max(slowest, cpuTime() - began);
  }
  assert.ok(slowest < 2000, `one text took ${slowest.toFixed(0)} ms`);
});
