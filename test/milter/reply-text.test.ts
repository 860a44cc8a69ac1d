import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine, replyText } from '../../src/frontends/milter/reply-text.ts';

const reject = ['554', '5.7.1'] as const;

const texts: ReadonlyArray<readonly [string, string]> = [
  ['Gtube pattern', '554 5.7.1 Gtube pattern'],
  ['', '554 5.7.1 '],
  ['50% off, 100%% sure', '554 5.7.1 50%% off, 100%%%% sure'],
  ['one\ntwo\r\nthree', '554-5.7.1 one\r\n554-5.7.1 two\r\n554 5.7.1 three'],
  ['one\n\n\ntwo\n', '554-5.7.1 one\r\n554 5.7.1 two'],
  ['\r\n', '554 5.7.1 '],
  ['a\0b\x07c\x7fd\te', '554 5.7.1 abcd e'],
  ['\xc3\xa9', '554 5.7.1 \xc3\xa9'],
];

for (const [given, expected] of texts)
  test(`${JSON.stringify(given)} is sent as ${JSON.stringify(expected)}`, () => {
    assert.equal(replyText(reject, given), expected);
  });

test('long texts are broken at blanks into lines that SMTP allows', () => {
  const text = 'word '.repeat(400).trim();
  const lines = replyText(reject, text).split('\r\n');
  assert.ok(lines.every((line) => line.length <= 510));
  assert.deepEqual(new Set(lines.slice(0, -1).map((line) => line.slice(0, 10))), new Set(['554-5.7.1 ']));
  assert.equal(lines.at(-1)?.slice(0, 10), '554 5.7.1 ');
  assert.equal(lines.map((line) => line.slice(10)).join(' '), text);
});

test('a long word is broken between characters, and there is an end to it', () => {
  const lines = replyText(['451', '4.7.1'], '\xd0\x9f'.repeat(20_000)).split('\r\n');
  assert.equal(lines.length, 32);
  for (const line of lines) assert.match(line.slice(10), /^(\xd0\x9f)+$/);
});

test('a reason of a quarantine has one line', () => assert.equal(oneLine('a\r\nb\0c'), 'a bc'));
