import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CryptError,
  generateKeyPair,
  keyPairOf,
  PublicKey,
  readKeyPair,
  readPublicKey,
  signatureBytes,
  signBytes,
  verifyBytes,
  writeKeyPair,
} from '../../../src/wire/crypt/index.ts';

const refused = (text: RegExp) => (error: unknown) =>
  error instanceof CryptError && error.kind === 'key-syntax' && text.test(error.message);

for (const type of ['kex', 'sign'] as const) {
  test(`a ${type} pair survives every encoding`, () => {
    const pair = generateKeyPair(type);
    for (const encoding of ['base32', 'hex', 'base64'] as const) {
      const text = writeKeyPair(pair, encoding);
      assert.equal(text['encoding'], encoding === 'base32' ? undefined : encoding);
      assert.equal(text['type'], type);
      const read = readKeyPair({ pubkey: '', privkey: '', ...text });
      assert.deepEqual([read.secret, read.publicKey.bytes], [pair.secret, pair.publicKey.bytes]);
      assert.deepEqual(read.publicKey.id, pair.publicKey.id);
    }
  });

  test(`halves of two ${type} pairs make none`, () => {
    const [one, other] = [generateKeyPair(type), generateKeyPair(type)];
    assert.throws(() => keyPairOf(one.publicKey.bytes, other.secret, type), refused(/does not belong/));
  });
}

test('private keys of encryption pairs are clamped', () => {
  for (let times = 0; times < 8; times++) {
    const { secret } = generateKeyPair();
    assert.equal((secret[0] as number) & 7, 0);
    assert.equal((secret[31] as number) & 192, 64);
  }
});

test('a signing pair whose copy of the public key was changed is refused', () => {
  const { publicKey, secret } = generateKeyPair('sign');
  const changed = Buffer.from(secret);
  changed[63] = (changed[63] as number) ^ 1;
  assert.throws(() => keyPairOf(publicKey.bytes, changed, 'sign'), refused(/does not belong/));
});

test('unreadable halves are named, and never shown', () => {
  const { pubkey = '', privkey = '' } = writeKeyPair(generateKeyPair());
  assert.throws(() => readKeyPair({ pubkey: 'LOUD', privkey }), refused(/the public key is not base32$/));
  assert.throws(() => readKeyPair({ pubkey, privkey: `${privkey}l` }), refused(/the private key is not base32$/));
  assert.throws(() => readKeyPair({ pubkey, privkey: `${privkey}y` }), refused(/has 32 bytes, here are 33$/));
  assert.throws(() => readKeyPair({ pubkey: 'yy', privkey }), refused(/has 32 bytes, here are 1$/));
  assert.throws(() => readKeyPair({ pubkey, privkey, encoding: 'hex' }), refused(/is not hex$/));
  assert.throws(() => readKeyPair({ pubkey, privkey, type: 'sign' }), refused(/type sign has 64 bytes, here are 32$/));
});

test('unknown types and encodings count as kex and base32', () => {
  const { pubkey = '', privkey = '' } = writeKeyPair(generateKeyPair());
  assert.equal(readKeyPair({ pubkey, privkey, type: 'odd', encoding: 'odd' }).type, 'kex');
});

test('a public key in base32 has exactly 32 bytes; the short id is the beginning of the id', () => {
  const { publicKey } = generateKeyPair();
  assert.deepEqual(readPublicKey(`${publicKey}`)?.bytes, publicKey.bytes);
  assert.equal(readPublicKey(`${publicKey}y`), undefined);
  assert.equal(readPublicKey(`${publicKey}`.slice(0, 50)), undefined);
  assert.equal(readPublicKey(''), undefined);
  assert.equal(publicKey.shortId.length, 8);
  assert.throws(() => new PublicKey(Buffer.alloc(31)), refused(/has 32 bytes/));
});

test('signatures: right ones hold, changed ones and those of other keys do not', () => {
  const [own, other] = [generateKeyPair('sign'), generateKeyPair('sign')];
  const data = Buffer.from('some map');
  const signature = signBytes(data, own);
  assert.equal(signature.length, signatureBytes);
  assert.equal(verifyBytes(data, signature, own.publicKey), true);
  assert.equal(verifyBytes(data, signature, other.publicKey), false);
  assert.equal(verifyBytes(Buffer.from('some mop'), signature, own.publicKey), false);
  assert.equal(verifyBytes(data, signature.subarray(1), own.publicKey), false);
  assert.equal(verifyBytes(data, signature, generateKeyPair('kex').publicKey), false);
  assert.throws(() => signBytes(data, generateKeyPair('kex')), refused(/cannot sign/));
});
