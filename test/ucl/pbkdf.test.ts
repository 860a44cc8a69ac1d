import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catena } from '../../src/ucl/template/filters/pbkdf.ts';

test('Catena gives the key that Rspamd 4.1.6 gives', { timeout: 60_000 }, () => {
  const [password, salt, data] = ['password', 'salt', 'data'].map((one) => Buffer.from(one)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  assert.equal(
    catena(password, salt, data, { garlic: 10, lambda: 4, keyBytes: 64 }).toString('hex'),
    '79d216dfd9e3ca6d8140b9779e31f6604e0dd579e44eedad985aefe9b24760cd' +
      '1ee44903f2957e2b6ddd3b95d226655c860dca17d8d4f7c861b955e8a1eddfe9',
  );
});
