import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase32, encodeBase32 } from '../../../src/wire/crypt/index.ts';
import { numRuns } from '../support/fuzz.ts';

test('known pairs: the low bits come first', () => {
  const pairs = { '': '', '00': 'yy', ff: '98', '0102030405': 'boygynwy', ffffffffff: '99999999', '8000': 'yryy' };
  for (const [hex, text] of Object.entries(pairs)) {
    assert.equal(encodeBase32(Buffer.from(hex, 'hex')), text);
    assert.equal(decodeBase32(text)?.toString('hex'), hex);
  }
});

test('decoding gives back what was encoded, in ceil(8n/5) characters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBase32(bytes);
      assert.equal(text.length, Math.ceil((8 * bytes.length) / 5));
      assert.deepEqual(decodeBase32(text)?.subarray(0, bytes.length), Buffer.from(bytes));
    }),
    { numRuns },
  );
});

test('c characters give floor(5(c-1)/8)+1 bytes, so that a key may lack its last character', () => {
  const lengths = [1, 2, 7, 8, 9, 51, 52, 53, 103].map((count) => decodeBase32('y'.repeat(count))?.length);
  assert.deepEqual(lengths, [1, 1, 4, 5, 6, 32, 32, 33, 64]);
});

test('a character outside of the alphabet is refused wherever it stands', () => {
  for (const text of ['Y', 'yl', 'v', '0y', 'yyyyyyy2', 'y y', 'yÿ', 'y\u0159', 'y=']) {
    assert.equal(decodeBase32(text), undefined, text);
  }
});
