import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeBase32, publicKey } from '../../src/config/keys.ts';
import { sharedFolder } from '../support/project.ts';
import { buildWorker, messages } from './support.ts';

test('base32 letters are a little-endian number', { timeout: 60_000 }, () => {
  for (const [letters, hex] of [
    ['', ''],
    ['yy', '00'],
    ['98', 'ff'],
    ['boygynwy', '0102030405'],
    ['99999999', 'ffffffffff'],
  ] as const) {
    assert.equal(decodeBase32(letters)?.toString('hex'), hex);
  }
  assert.equal(decodeBase32('yyl'), undefined, 'l is none of the letters');
});

test('a public key has 32 bytes', { timeout: 60_000 }, () => {
  assert.deepEqual(publicKey('y'.repeat(52)), Buffer.alloc(32));
  assert.deepEqual(publicKey('y'.repeat(51)), Buffer.alloc(32), 'the missing bit is 0');
  assert.equal(publicKey('y'.repeat(50)), undefined);
  assert.equal(publicKey('y'.repeat(53)), undefined);
});

const hex = { public: '11'.repeat(32), private: '22'.repeat(32) };

test('key pairs in all their spellings', { timeout: 60_000 }, () => {
  for (const [names, encoding] of [
    [['pubkey', 'privkey'], 'hex'],
    [['public', 'private'], 'HEX'],
    [['public_key', 'private_key'], 'hex'],
    [['pubkey', 'secret'], 'hex'],
    [['pubkey', 'secret_key'], 'hex'],
  ] as const) {
    const body = `keypair { encoding = "${encoding}"; ${names[0]} = "${hex.public}"; ${names[1]} = "${hex.private}"; }`;
    const { worker } = buildWorker(body);
    assert.deepEqual(worker.keypair, [
      { type: 'kex', publicKey: Buffer.alloc(32, 0x11), privateKey: Buffer.alloc(32, 0x22) },
    ]);
  }
});

test('several key pairs, side by side or in a list', { timeout: 60_000 }, () => {
  const pair = (byte: string): string =>
    `{ encoding = hex; pubkey = "${byte.repeat(32)}"; privkey = "${byte.repeat(32)}"; }`;
  for (const body of [`keypair ${pair('01')} keypair ${pair('02')}`, `keypair = [${pair('01')}, ${pair('02')}];`]) {
    const { worker } = buildWorker(body);
    assert.deepEqual(
      worker.keypair.map(({ publicKey }) => publicKey),
      [Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
    );
  }
});

test('a key pair inside a key pair, and base64', { timeout: 60_000 }, () => {
  const base64 = Buffer.alloc(32, 0x33).toString('base64');
  const { worker } = buildWorker(
    `keypair { keypair { encoding = "base64"; pubkey = "${base64}"; privkey = "${base64}"; } }`,
  );
  assert.deepEqual(worker.keypair[0]?.publicKey, Buffer.alloc(32, 0x33));
});

test('a bad key pair is told without its content', { timeout: 60_000 }, () => {
  for (const [body, why] of [
    ['keypair = "x"', 'no sane pubkey or privkey found in the keypair: keypair'],
    ['keypair { pubkey = "yy"; }', 'cannot load the keypair specified: keypair; pubkey has 1 bytes instead of 32'],
    [
      `keypair { pubkey = "${'y'.repeat(52)}"; privkey = 5; }`,
      'cannot load the keypair specified: keypair; privkey is not a string',
    ],
    [
      `keypair { pubkey = "${'y'.repeat(52)}"; privkey = "LLLL"; }`,
      'cannot load the keypair specified: keypair; privkey has characters that are not base32',
    ],
    [
      `keypair { type = "sign"; pubkey = "${'y'.repeat(52)}"; privkey = "${'y'.repeat(52)}"; }`,
      'cannot load the keypair specified: keypair; privkey has 32 bytes instead of 64',
    ],
  ] as const) {
    assert.deepEqual(messages(buildWorker(body), 'error'), [why]);
  }
});

const vectors = sharedFolder === undefined ? undefined : join(sharedFolder, 'reference/httpcrypt-vectors.json');

test('base32 of the recorded vectors', { timeout: 60_000, skip: vectors === undefined && 'no ../shared here' }, () => {
  const { base32 } = JSON.parse(readFileSync(vectors ?? '', 'utf8'));
  assert.ok(base32.vectors.length > 10);
  for (const { hex: bytes, b32 } of base32.vectors) assert.equal(decodeBase32(b32)?.toString('hex'), bytes);
});
