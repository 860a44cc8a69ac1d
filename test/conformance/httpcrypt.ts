import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bodyOverhead,
  type Cipher,
  CryptClient,
  CryptServer,
  decodeBase32,
  decrypt,
  decryptFile,
  encodeBase32,
  encryptFile,
  encryptInPlace,
  generateKeyPair,
  hchacha20,
  type KeyPair,
  loadSodium,
  nobleCipher,
  openBody,
  PublicKey,
  parseReply,
  parseRequest,
  readKeyPair,
  sealBody,
  sharedKey,
  signBytes,
  verifyBytes,
  writeKeyPair,
} from '../../src/wire/crypt/index.ts';
import { runNegative } from './httpcrypt-negative.ts';
import { type Exchange, hex, outerParts, type Vectors } from './httpcrypt-vectors.ts';
import type { Reporter, Suite } from './suite.ts';

/** Runs every vector of `httpcrypt-vectors.json`, those of the construct with each cipher that loads here. */
export const suite: Suite = {
  name: 'httpcrypt',
  defaultFolder: 'fixtures/httpcrypt',
  run: async (folder, report) => {
    const vectors = JSON.parse(readFileSync(join(folder, 'httpcrypt-vectors.json'), 'utf8')) as Vectors;
    runTexts(vectors, checker(report, ''));
    const sodium = await loadSodium();
    if (sodium === undefined) report.skip('cipher sodium', 'sodium-native does not load here');
    for (const cipher of [nobleCipher, ...(sodium === undefined ? [] : [sodium])]) {
      const check = checker(report, `${cipher.name}: `);
      const pairs = loadPairs(vectors);
      runSecrets(vectors, pairs, cipher, check);
      runBoxes(vectors, cipher, check);
      runFile(vectors, pairs, cipher, check);
      for (const exchange of vectors.http_exchanges ?? []) {
        check(`exchange ${exchange.name}`, () => runExchange(exchange, pairs, cipher));
      }
      for (const capture of vectors.captured_clients ?? []) {
        check(`captured ${capture.name}`, () => runExchange(capture, pairs, cipher));
      }
      runNegative(vectors, pairs, cipher, check, (name, why) => report.skip(`${cipher.name}: ${name}`, why));
    }
  },
};

export type Check = (name: string, run: () => void) => void;

function checker(report: Reporter, prefix: string): Check {
  return (name, run) => {
    try {
      run();
      report.pass(prefix + name);
    } catch (error) {
      report.fail(prefix + name, (error as Error).message.split('\n').slice(0, 6).join(' '));
    }
  };
}

/** The pairs by name; those that cannot be read are missing, which the case of the pair itself reports. */
function loadPairs({ keypairs = [] }: Vectors): ReadonlyMap<string, KeyPair> {
  const found = keypairs.flatMap((entry) => {
    try {
      const text = { pubkey: entry.pubkey_b32, privkey: entry.privkey_b32, type: entry.type };
      return [[entry.name, readKeyPair(text)] as const];
    } catch {
      return [];
    }
  });
  return new Map(found);
}

function runTexts({ base32, keypairs = [] }: Vectors, check: Check): void {
  for (const vector of base32?.vectors ?? []) {
    check(`base32 ${vector.hex}`, () => {
      assert.equal(encodeBase32(hex(vector.hex)), vector.b32);
      assert.equal(decodeBase32(vector.b32)?.toString('hex'), vector.hex);
    });
  }
  for (const entry of keypairs) {
    check(`keypair ${entry.name}`, () => {
      const { type } = entry;
      const pair = readKeyPair({ pubkey: entry.pubkey_b32, privkey: entry.privkey_b32, type });
      const fromHex = readKeyPair({ pubkey: entry.pubkey_hex, privkey: entry.privkey_hex, type, encoding: 'hex' });
      assert.deepEqual(fromHex.secret, pair.secret);
      assert.deepEqual(fromHex.publicKey.bytes, pair.publicKey.bytes);
      assert.equal(pair.publicKey.id.toString('hex'), entry.id_hex);
      assert.equal(pair.publicKey.shortId, entry.short_id_b32);
      assert.equal(decodeBase32(entry.short_id_b32)?.toString('hex'), entry.short_id_hex);
      const { pubkey, privkey, id } = writeKeyPair(pair);
      assert.deepEqual([pubkey, privkey, id], [entry.pubkey_b32, entry.privkey_b32, entry.id_b32]);
      if (pair.type === 'sign') assert.ok(verifyBytes(hex('00ff'), signBytes(hex('00ff'), pair), pair.publicKey));
    });
  }
}

function runSecrets(
  { shared_secrets = [] }: Vectors,
  pairs: ReadonlyMap<string, KeyPair>,
  cipher: Cipher,
  check: Check,
) {
  for (const entry of shared_secrets) {
    check(`shared secret ${entry.name}`, () => {
      const [one, other] = entry.name.split('-').map((name) => pairs.get(name));
      assert.ok(one !== undefined && other !== undefined, 'the name is that of two key pairs joined by a dash');
      for (const [own, peer] of [
        [one, other.publicKey],
        [other, one.publicKey],
      ] as const) {
        const agreed = cipher.agree(own.secret, peer.bytes);
        assert.equal(Buffer.from(agreed).toString('hex'), entry.x25519_hex);
        assert.equal(Buffer.from(sharedKey(cipher, own, peer)).toString('hex'), entry.nm_hex);
      }
    });
  }
}

function runBoxes({ boxes = [], shared_secrets = [] }: Vectors, cipher: Cipher, check: Check): void {
  for (const box of boxes) {
    check(`box ${box.name}`, () => {
      const key = hex(shared_secrets.find(({ name }) => name === box.nm)?.nm_hex ?? box.nm);
      const nonce = hex(box.nonce_hex);
      const subkey = hchacha20(key, nonce.subarray(0, 16));
      assert.equal(Buffer.from(subkey).toString('hex'), box.xchacha_subkey_hex);
      assert.equal(Buffer.from(cipher.authKey(nonce, key)).toString('hex'), box.poly1305_key_hex);
      const data = hex(box.plaintext_hex);
      const mac = Buffer.from(encryptInPlace(cipher, data, nonce, key));
      assert.deepEqual([data.toString('hex'), mac.toString('hex')], [box.ciphertext_hex, box.mac_hex]);
      assert.equal(decrypt(cipher, data, mac, nonce, key)?.toString('hex'), box.plaintext_hex);
      mac[0] = (mac[0] as number) ^ 1;
      assert.equal(decrypt(cipher, data, mac, nonce, key), undefined);
    });
  }
}

function runFile({ file_encrypt: entry }: Vectors, pairs: ReadonlyMap<string, KeyPair>, cipher: Cipher, check: Check) {
  if (entry === undefined) return;
  check('encrypted file', () => {
    const ephemeral = new PublicKey(hex(entry.ephemeral_pubkey_hex));
    const recipient = [...pairs.values()].find(
      (pair) => pair.type === 'kex' && Buffer.from(sharedKey(cipher, pair, ephemeral)).toString('hex') === entry.nm_hex,
    );
    assert.ok(recipient, 'one of the key pairs shares nm_hex with the key in the file');
    const plain = Buffer.from(entry.plaintext_utf8, 'utf8');
    assert.deepEqual(decryptFile(cipher, hex(entry.file_hex), recipient), plain);
    assert.deepEqual(decryptFile(cipher, encryptFile(cipher, plain, recipient.publicKey), recipient), plain);
  });
}

function runExchange(exchange: Exchange, pairs: ReadonlyMap<string, KeyPair>, cipher: Cipher): void {
  const own = pairs.get(exchange.server);
  assert.ok(own, `there is a key pair ${exchange.server}`);
  const client = exchange.client === undefined ? undefined : pairs.get(exchange.client);
  const peer = client?.publicKey ?? new PublicKey(hex(exchange.client_pubkey_hex ?? ''));
  const key = hex(exchange.nm_hex);
  assert.deepEqual(Buffer.from(sharedKey(cipher, own, peer)), key);

  const request = outerParts(exchange.request_b64);
  const inner = innerBytes(exchange.request_inner_b64, exchange.request_inner_utf8);
  checkBody(cipher, request.body, key, inner, exchange.request_nonce_hex, exchange.request_mac_hex);
  const server = new CryptServer(cipher, [own]);
  assert.ok(server.isSealed(request.keyHeader));
  const opened = server.openRequest(request.keyHeader, request.body);
  assert.deepEqual(opened.request, parseRequest(inner));
  assert.ok(opened.channel.peer.bytes.equals(peer.bytes), 'the client key is the one of the Key header');

  const reply = outerParts(exchange.response_b64);
  const innerReply = innerBytes(undefined, exchange.response_inner_utf8);
  checkBody(cipher, reply.body, key, innerReply, exchange.response_nonce_hex, exchange.response_mac_hex);
  const channel = { own: client ?? generateKeyPair(), peer: own.publicKey };
  if (client !== undefined) {
    assert.deepEqual(new CryptClient(cipher).openReply(reply.body, channel), parseReply(innerReply));
    const sealed = server.sealReply([innerReply], opened.channel);
    assert.deepEqual(new CryptClient(cipher).openReply(sealed, channel).body, parseReply(innerReply).body);
  }
}

/** The body is what the construct gives for `inner`, and gives `inner` back. */
function checkBody(cipher: Cipher, body: Buffer, key: Buffer, inner: Buffer, nonce: string, mac: string): void {
  assert.equal(body.toString('hex', 0, 24), nonce);
  assert.equal(body.toString('hex', 24, bodyOverhead), mac);
  assert.deepEqual(openBody(cipher, body, key), inner);
  const frame = Buffer.concat([Buffer.alloc(bodyOverhead), inner]);
  assert.deepEqual(sealBody(cipher, frame, key, hex(nonce)), body);
}

function innerBytes(base64: string | undefined, text: string): Buffer {
  return base64 === undefined ? Buffer.from(text, 'utf8') : Buffer.from(base64, 'base64');
}
