import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerValue } from '../../src/frontends/milter/header-value.ts';

const values: ReadonlyArray<readonly [string, string]> = [
  ['plain', 'plain'],
  ['one\n\ttwo\n three', 'one\n\ttwo\n three'],
  ['one\r\n\ttwo\r three', 'one\n\ttwo\n three'],
  ['one\nEvil: two', 'one\n\tEvil: two'],
  ['one\r\n\r\nbody', 'one\n\tbody'],
  ['one\n \t\n two', 'one\n two'],
  ['one\n', 'one'],
  ['one\r\n \t', 'one'],
  ['a\0b', 'ab'],
  ['a\n\0b', 'a\n\tb'],
  ['\nfirst', '\n\tfirst'],
];

for (const [given, expected] of values)
  test(`${JSON.stringify(given)} becomes ${JSON.stringify(expected)}`, () =>
    assert.equal(headerValue('X', given), expected));

const longest = (name: string, value: string): number =>
  Math.max(...`${name}: ${value}`.split('\n').map(({ length }) => length));

test('lines that no MTA can send are folded at white space, and nothing else changes', () => {
  const words = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ');
  const value = headerValue('Subject', words);
  assert.ok(longest('Subject', value) <= 998);
  assert.equal(value.replaceAll('\n', ''), words);
  assert.ok(
    value
      .split('\n')
      .slice(1)
      .every((line) => /^ \S/.test(line)),
  );
  const short = words.slice(0, 980);
  assert.equal(headerValue('Subject', short), short);
});

test('a long value that is folded already stays as it is', () => {
  const value = Array.from({ length: 50 }, () => 'x'.repeat(70)).join('\n\t');
  assert.equal(headerValue('X-Spamd-Result', value), value);
});

test('a word that is too long is folded behind, if it can', () => {
  const word = 'x'.repeat(2000);
  assert.equal(headerValue('A', `${word} tail`), `${word}\n tail`);
  assert.equal(headerValue('A', word), word);
  assert.equal(headerValue('A', `${word}   `), `${word}   `, 'no line of white space alone');
});

test('one long encoded word becomes several of whole characters', () => {
  const text = '=D0=9F=D1=80=D0=B8_'.repeat(80);
  const value = headerValue('Subject', `=?UTF-8?Q?${text}?=`);
  assert.ok(value.split('\n').every((line) => line.length <= 76));
  const words = value.split('\n').map((line) => /^ ?=\?UTF-8\?Q\?([^?]*)\?=$/.exec(line)?.[1] ?? assert.fail(line));
  assert.equal(words.join(''), text);
  assert.ok(
    words.every((word) => !/^=[89AB]/.test(word)),
    'no word begins inside a character',
  );
});
