import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smtpPath } from '../../src/frontends/milter/smtp-path.ts';
import { cpuTime } from '../support/cpu-time.ts';

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const accepted: ReadonlyArray<readonly [string, string]> = [
  ['<>', '<>'],
  ['a@b', 'a@b'],
  ['<a@b>', '<a@b>'],
  ['  <a@b>  ', '<a@b>'],
  ['< a@b >', '< a@b >'],
  ['<"q u"@b>', '<"q u"@b>'],
  ['<"a\\"b"@c>', '<"a\\"b"@c>'],
  ['<@relay.example,@other.example:user@example.org>', '<@relay.example,@other.example:user@example.org>'],
  ['<a@[192.0.2.1]>', '<a@[192.0.2.1]>'],
  ['<a@[IPv6:::1]>', '<a@[IPv6:::1]>'],
  [utf8('<пример@пример.рф>'), utf8('<пример@пример.рф>')],
  ['<a@b.>', '<a@b.>'],
  ["<!#$%&'*+-/=?^_`{|}~@example.org>", "<!#$%&'*+-/=?^_`{|}~@example.org>"],
  ['<a@under_score.example>', '<a@under_score.example>'],
  // Only the address goes on, whatever follows it.
  ['a@b SIZE=5', 'a@b'],
  ['<a@b> SIZE=5', '<a@b>'],
  // Local parts without a domain: the original loses them.
  ['<postmaster>', '<postmaster>'],
  ['a', 'a'],
  ['root', 'root'],
];

for (const [given, expected] of accepted)
  test(`${JSON.stringify(given)} is an address`, () => assert.equal(smtpPath(given), expected));

const refused = [
  '',
  ' ',
  '<a@b',
  'a@b>',
  'a..b',
  '.a',
  'a.',
  '<a..b@c>',
  '<a@-b>',
  '<a@b->',
  '<a b@c>',
  'a b',
  '<postmaster> x',
  '<a@b>\r\nX: y',
  'a@b\n',
  'a@b\0c',
  '<a@>',
  '<@b>',
  '\xff@b',
  `${'a'.repeat(3000)}@b`,
];

for (const given of refused)
  test(`${JSON.stringify(given.slice(0, 20))} is none`, () => assert.equal(smtpPath(given), undefined));

test('long arguments of any kind take no time', { timeout: 60_000 }, () => {
  const began = cpuTime();
  for (const unit of ['a', 'a.', '-', '"\\', '@a,', '\xc3\xa9', ' ', 'a-'])
    for (const frame of ['', '<', '<a@', '<"', '<@a:'])
      for (let round = 0; round < 20; round++) smtpPath(frame + unit.repeat(2000).slice(0, 2040));
  assert.ok(cpuTime() - began < 5_000);
});
