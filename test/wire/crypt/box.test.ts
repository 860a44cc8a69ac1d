import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bodyOverhead,
  type Cipher,
  CryptError,
  generateKeyPair,
  loadCipher,
  loadSodium,
  nobleCipher,
  openBody,
  PublicKey,
  SharedKeys,
  sealBody,
  sharedKey,
} from '../../../src/wire/crypt/index.ts';
import { noise, numRuns, seeded } from '../support/fuzz.ts';
import { ciphers } from './ciphers.ts';

const key = noise(32, seeded(1));

function seal(cipher: Cipher, plain: Uint8Array, nonce?: Uint8Array): Buffer {
  const frame = Buffer.concat([Buffer.alloc(bodyOverhead), plain]);
  return nonce === undefined ? sealBody(cipher, frame, key) : sealBody(cipher, frame, key, nonce);
}

test('all ciphers make the same bytes, whatever the length', () => {
  for (const length of [0, 1, 63, 64, 65, 127, 128, 1000, 65_536, 100_001]) {
    const [plain, nonce] = [noise(length, seeded(length)), noise(24, seeded(length + 1))];
    const wanted = seal(nobleCipher, plain, nonce);
    for (const cipher of ciphers) {
      const body = seal(cipher, plain, nonce);
      assert.ok(body.equals(wanted), `${cipher.name}, ${length} bytes`);
      assert.deepEqual(openBody(cipher, body, key), plain);
    }
  }
});

for (const cipher of ciphers) {
  test(`${cipher.name}: opening gives back what was sealed and leaves the body alone`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (plain) => {
        const body = seal(cipher, plain);
        const before = Buffer.from(body);
        assert.deepEqual(openBody(cipher, body, key), Buffer.from(plain));
        assert.deepEqual(body, before);
      }),
      { numRuns },
    );
  });

  test(`${cipher.name}: one flipped bit anywhere, or a missing byte, and nothing is opened`, () => {
    const body = seal(cipher, Buffer.from('a message of some words'));
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(openBody(cipher, changed, key), undefined, `bit ${bit}`);
    }
    for (let length = bodyOverhead; length < body.length; length++) {
      assert.equal(openBody(cipher, body.subarray(0, length), key), undefined, `${length} bytes`);
    }
  });

  test(`${cipher.name}: nonces never repeat`, () => {
    const seen = new Set<string>();
    for (let times = 0; times < 1000; times++) {
      seen.add(seal(cipher, Buffer.alloc(1)).toString('hex', 0, 24));
    }
    assert.equal(seen.size, 1000);
  });

  test(`${cipher.name}: a peer key of small order is refused`, () => {
    // RFC 7748, section 7; the points are those every X25519 library lists.
    const points = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ];
    const own = generateKeyPair();
    for (const point of points) {
      assert.throws(
        () => sharedKey(cipher, own, new PublicKey(Buffer.from(point, 'hex'))),
        (error) => error instanceof CryptError && error.kind === 'weak-key',
        point,
      );
    }
  });
}

/** A cipher that counts its key agreements. */
function counting(): Cipher & { agreements: number } {
  const counter = {
    ...nobleCipher,
    agreements: 0,
    agree: (secret: Uint8Array, peer: Uint8Array) => {
      counter.agreements++;
      return nobleCipher.agree(secret, peer);
    },
  };
  return counter;
}

test('shared keys are kept for the pairs used last, and no more of them than allowed', () => {
  const cipher = counting();
  const keys = new SharedKeys(cipher, 2);
  const own = generateKeyPair();
  const [a, b, c] = [generateKeyPair().publicKey, generateKeyPair().publicKey, generateKeyPair().publicKey];
  const first = keys.get(own, a);
  assert.equal(keys.get(own, a), first);
  keys.get(own, b);
  keys.get(own, a);
  assert.equal(cipher.agreements, 2);
  keys.get(own, c); // b was used longest ago
  keys.get(own, a);
  assert.equal(cipher.agreements, 3);
  keys.get(own, b);
  assert.equal(cipher.agreements, 4);
  assert.equal(keys.size, 2);
});

test('a cache of size 0 keeps nothing', () => {
  const cipher = counting();
  const keys = new SharedKeys(cipher, 0);
  const [own, peer] = [generateKeyPair(), generateKeyPair().publicKey];
  assert.deepEqual(keys.get(own, peer), keys.get(own, peer));
  assert.equal(cipher.agreements, 2);
  assert.equal(keys.size, 0);
});

test('without the native package there is the pure cipher', async () => {
  assert.equal(await loadSodium('a-package-that-is-not-there'), undefined);
  assert.equal((await loadCipher()).name, ciphers.at(-1)?.name);
});

test('both ends share the same key', () => {
  for (const cipher of ciphers) {
    const [one, other] = [generateKeyPair(), generateKeyPair()];
    assert.deepEqual(sharedKey(cipher, one, other.publicKey), sharedKey(cipher, other, one.publicKey));
  }
});
