import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Message, parseMailDate } from '../../../src/scan/message/index.ts';

const message = (text: string) => new Message(Buffer.from(text, 'latin1'));

test('header blocks of every line end and shape are split', () => {
  const shape = (text: string) => {
    const { headers, body, broken } = message(text);
    return [[...headers].map((h) => `${h.name}=${h.value}`), body, broken];
  };
  assert.deepEqual(shape('A: 1\r\nB:2\r\n\r\nbody'), [['A=1', 'B=2'], 'body', false]);
  assert.deepEqual(shape('A: 1\nB: x\n\ty\n\nbody'), [['A=1', 'B=x y'], 'body', false]);
  assert.deepEqual(shape('A: 1\rB: 2\r\rbody'), [['A=1', 'B=2'], 'body', false]);
  assert.deepEqual(shape('\n\nFrom x Mon\nA: 1\n\nb'), [['A=1'], 'b', false]);
  assert.deepEqual(shape('A: 1\nno header here\nB: 2\n\nb'), [['A=1', 'B=2'], 'b', true]);
  assert.deepEqual(shape('A: 1\n \nB: 2\n\nb'), [['A=1', 'B=2'], 'b', false]);
  assert.deepEqual(shape('A:\n folded\nB:\n\nb'), [['A=folded', 'B='], 'b', false]);
  assert.deepEqual(shape('A: a\0b\n\nb'), [['A=ab'], 'b', false]);
  // Without an empty line all of it is headers, and the last byte belongs to no value.
  assert.deepEqual(shape('A: 12'), [['A=1'], '', true]);
  assert.deepEqual(shape('just text'), [[], 'just text', false]);
  assert.deepEqual(shape(''), [[], '', false]);
});

test('a field keeps what stands around its value', () => {
  const { headers, rawHeaders, lineEnd } = message('To:\t a@b\r\nX-A:b\r\n c\r\nDate:\r\n x\r\nSubject:s\r\n\r\nbody');
  assert.equal(rawHeaders, 'To:\t a@b\r\nX-A:b\r\n c\r\nDate:\r\n x\r\nSubject:s\r\n');
  assert.equal(lineEnd, 'crlf');
  assert.deepEqual(
    [...headers].map((h) => [h.order, h.raw, h.separator, h.emptySeparator, h.tabSeparated]),
    [
      [0, 'To:\t a@b\r\n', '\t ', false, true],
      [1, 'X-A:b\r\n c\r\n', '', true, false],
      [2, 'Date:\r\n x\r\n', undefined, true, false],
      [3, 'Subject:s\r\n', '', false, false],
    ],
  );
  assert.equal(headers.count('x-a'), 1);
  assert.equal(headers.first('DATE')?.value, 'x');
});

test('header words are decoded', () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['=?utf-8?Q?gr=C3=BC=C3=9Fe_=41?=', 'grüße A'],
    // Neighbours are put together first, and the charset of the last one counts.
    ['=?utf-8?Q?gr=C3?= =?utf-8?Q?=BC=C3=9F?=', 'grüß'],
    ['=?iso-8859-1?B?Z3L8c3Nl?= x =?utf-8?q?_x?=', 'grüsse x  x'],
    ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?utf-8*de?Q?ja?=', 'ja'],
    ['=?nosuch?Q?a?= b', 'a b'],
    ['=?utf-8?Q?open', '=?utf-8?Q?open'],
    ['=?utf-8?X?a?= b', '=?utf-8?X?a?= b'],
    ['a =?utf-8?B?QUJD!?= b', 'a  b'],
    ['tab\there\x01', 'tab here?'],
    ['\xff\xc3\xa9', '\ufffdé'],
    ['=?utf-8?Q?=FF?=', '?'],
  ];
  for (const [raw, expected] of cases) assert.equal(message(`Subject: ${raw}\n\nb`).subject, expected, raw);
});

test('a message id loses brackets, comments and blanks', () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['Message-ID: <a@b>', 'a@b'],
    ['Message-ID: a@b (comment)', 'a@b'],
    ['Message-ID: <a b\xff@c>', 'a?b???@c'],
    ['Message-ID: <1@a>\nMessage-ID:', '1@a'],
    ['Message-ID: <1@a>\nMessage-ID: <2@a>', '2@a'],
    ['X: y', 'undef'],
  ];
  for (const [header, expected] of cases) assert.equal(message(`${header}\n\nb`).messageId, expected, header);
});

test('dates are read strictly', () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ['Sun, 22 Nov 2026 12:00:00 +0100', '2026-11-22T11:00:00.000Z'],
    ['22 Nov 2026 12:00 GMT', '2026-11-22T12:00:00.000Z'],
    ['Sun, 22 Nov 26 12:00:00 EST (comment (nested))', '2026-11-22T17:00:00.000Z'],
    ['Sun, 22 Nov 2026 12:00:00 -0530', '2026-11-22T17:30:00.000Z'],
    ['22 Nov 99 12:00:00 +0000', '1999-11-22T12:00:00.000Z'],
    ['sun, 22 Nov 2026 12:00:00 +0100', undefined],
    ['Sun, 22 Nov 2026 12:00:00', undefined],
    ['Sun, 22 Nov 2026 24:00:00 +0000', undefined],
    ['Sun,\t22 Nov 2026 12:00:00 +0000', undefined],
    ['22 Foo 2026 12:00 GMT', undefined],
    ['2026-11-22', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) {
    const time = parseMailDate(text);
    assert.equal(time === undefined ? undefined : new Date(time).toISOString(), expected, text);
  }
});

test('any bytes are a message', () => {
  const pieces = fc.constantFrom(
    'A: b',
    '\r',
    '\n',
    '\r\n',
    ' ',
    ':',
    '=?utf-8?Q?',
    '?=',
    '\0',
    '\xff',
    '--',
    'From: ',
    '"',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const { headers, body, rawHeaders, text, messageId } = message(parts.join(''));
      assert.ok(rawHeaders.length + body.length <= text.length);
      assert.ok([...headers].every((header) => header.decoded.length >= 0 && rawHeaders.includes(header.raw)));
      assert.ok(messageId.length > 0);
    }),
    { numRuns: process.env['RSPAMD_PROXY_SLOW'] === '1' ? 20_000 : 500 },
  );
});
