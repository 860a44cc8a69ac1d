import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Message, parseEnvelopeAddress } from '../../../src/scan/message/index.ts';

type Short = readonly [addr: string, name: string | undefined, flags: string];

function fromOf(value: string): Short[] {
  const { from } = new Message(Buffer.from(`From: ${value}\n\nx`, 'latin1'));
  return from.map(({ addr, name, flags }) => [addr, name, [...flags].sort().join(' ')]);
}

test('addresses of a header with their names and notes', () => {
  const cases: ReadonlyArray<readonly [string, readonly Short[]]> = [
    ['Ann Lee <ann@x.example>', [['ann@x.example', 'Ann Lee', 'braced valid']]],
    ['"Lee, Ann" <ann@x.example>', [['ann@x.example', 'Lee, Ann', 'braced valid']]],
    ['ann@x.example (Ann Lee)', [['ann@x.example', undefined, 'valid']]],
    [
      'a@x.example, b@y.example; c@z.example',
      [
        ['a@x.example', undefined, 'valid'],
        ['b@y.example', undefined, 'valid'],
        ['c@z.example', undefined, 'valid'],
      ],
    ],
    ['=?utf-8?Q?J=C3=BCrg?= <j@x.example>', [['j@x.example', 'J\xc3\xbcrg', 'braced valid']]],
    ['<"a b"@x.example>', [['a b@x.example', undefined, 'braced quoted valid']]],
    // Outside of brackets quotes are a name.
    ['"a b"@x.example', [['@x.example', 'a b', '']]],
    ['<"a\\"b"@x.example>', [['a"b@x.example', undefined, 'backslash braced quoted valid']]],
    ['<u@[192.0.2.1]>', [['u@[192.0.2.1]', undefined, 'braced ip valid']]],
    ['<u@[IPv6:2001:db8::1]>', [['u@[IPv6:2001:db8::1]', undefined, 'braced ip valid']]],
    ['<@relay.example,@b.example:u@x.example>', [['u@x.example', undefined, 'braced valid']]],
    ['u@x.example.', [['u@x.example', undefined, 'valid']]],
    ['<u ser@x.example>', [['u ser@x.example', undefined, '']]],
    ['<\xfcser@x.example>', [['\xfcser@x.example', undefined, '8bit']]],
    ['<no domain>', [['no domain', undefined, '']]],
    ['<>', [['', undefined, 'empty valid']]],
    ['Just a name', [['', 'Just a name', 'empty']]],
    ['undisclosed-recipients:;', []],
    ['(all a comment)', []],
    ['"open <u@x.example>', [['u@x.example', undefined, 'braced valid']]],
  ];
  for (const [value, expected] of cases) assert.deepEqual(fromOf(value), expected, value);
});

test('envelope addresses', () => {
  const parts = (text: string) => {
    const address = parseEnvelopeAddress(text);
    return address && [address.user, address.domain];
  };
  assert.deepEqual(parts('<u@x.example>'), ['u', 'x.example']);
  assert.deepEqual(parts(' u@x.example '), ['u', 'x.example']);
  assert.deepEqual(parts('<>'), ['', '']);
  assert.deepEqual(parts('u@x.example and more'), ['u', 'x.example']);
  for (const wrong of ['', 'u', '<u@x.example', 'u@-x.example', 'u@x..example', '.u@x.example', 'u@x.example,'])
    assert.equal(parts(wrong), undefined, wrong);
});

test('recipients come from To, Cc and Bcc in the order of the message, as many as are allowed', () => {
  const many = Array.from({ length: 1200 }, (_, i) => `u${i}@x.example`).join(', ');
  const { recipients } = new Message(Buffer.from(`Cc: c@x.example\nTo: ${many}\nBcc: b@x.example\n\nx`));
  assert.equal(recipients.length, 1024);
  assert.deepEqual([recipients[0]?.addr, recipients[1]?.addr], ['c@x.example', 'u0@x.example']);
});

test('any header is a list of addresses', () => {
  const pieces = fc.constantFrom(
    'a',
    '@',
    '<',
    '>',
    '"',
    '\\',
    '(',
    ')',
    ',',
    ';',
    ':',
    ' ',
    '.',
    '[',
    ']',
    'x.y',
    '\xff',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      for (const [addr] of fromOf(parts.join(''))) assert.ok(addr.length <= parts.join('').length + 1);
    }),
    { numRuns: process.env['RSPAMD_PROXY_SLOW'] === '1' ? 20_000 : 500 },
  );
});
