// HTTPCrypt per cipher, and the codecs that a message may pass besides. Target: a body of 3 kB sealed in 4 to 10 µs.
import { bench, do_not_optimize, run, summary } from 'mitata';
import { Headers } from '../src/message/headers.ts';
import {
  bodyOverhead,
  CryptClient,
  CryptServer,
  generateKeyPair,
  loadSodium,
  nobleCipher,
  openBody,
  ReplayGuard,
  sealBody,
  sharedKey,
} from '../src/wire/crypt/index.ts';
import { decodeMsgpack, encodeMsgpack } from '../src/wire/msgpack/index.ts';
import { parseMultipart, writeMultipart } from '../src/wire/multipart/index.ts';
import { loadZstd } from '../src/wire/zstd/index.ts';

const line = 'A line of text as it stands in a message, with number ';
const mail = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size / line.length + 1 }, (_, at) => line + at).join('\r\n')).subarray(0, size);

const headers = Headers.of(
  ['From', '<sender@example.com>'],
  ['Rcpt', '<recipient@example.org>'],
  ['IP', '198.51.100.7'],
  ['Helo', 'mx.example.com'],
  ['Queue-Id', '4XYZabc123'],
);

const sodium = await loadSodium();
const ciphers = sodium === undefined ? [nobleCipher] : [sodium, nobleCipher];
const pair = generateKeyPair();
const peer = generateKeyPair();

for (const size of [3_000, 100_000]) {
  const body = mail(size);
  summary(() => {
    for (const cipher of ciphers) {
      const key = sharedKey(cipher, peer, pair.publicKey);
      const sealed = sealBody(cipher, Buffer.concat([Buffer.alloc(bodyOverhead), body]), key);
      const client = new CryptClient(cipher);
      // Without memory of what was seen: the same request is opened over and over.
      const server = new CryptServer(cipher, [pair], undefined, new ReplayGuard(0));
      const request = client.sealRequest({ target: '/checkv2', headers, body }, pair.publicKey);
      bench(`${size} bytes, ${cipher.name}: seal a body`, () =>
        sealBody(cipher, Buffer.allocUnsafe(bodyOverhead + size), key),
      );
      bench(`${size} bytes, ${cipher.name}: open a body`, () => do_not_optimize(openBody(cipher, sealed, key)));
      bench(`${size} bytes, ${cipher.name}: seal a request`, () =>
        do_not_optimize(client.sealRequest({ target: '/checkv2', headers, body }, pair.publicKey)),
      );
      bench(`${size} bytes, ${cipher.name}: open a request`, () =>
        do_not_optimize(server.openRequest(request.keyHeader, request.body)),
      );
    }
  });
}

summary(() => {
  for (const cipher of ciphers) {
    bench(`${cipher.name}: shared key with a client not seen before`, () => sharedKey(cipher, peer, pair.publicKey));
  }
});
bench('generate a key pair', () => generateKeyPair());

const zstd = await loadZstd();
for (const size of [3_000, 100_000]) {
  const body = mail(size);
  const packed = zstd.compress(body);
  bench(`${size} bytes, zstd of ${zstd.engine}: compress`, () => do_not_optimize(zstd.compress(body)));
  bench(`${size} bytes, zstd of ${zstd.engine}: decompress`, () => do_not_optimize(zstd.decompress(packed, size)));
}

const symbols = Object.fromEntries(
  Array.from({ length: 30 }, (_, at) => [
    `SYMBOL_${at}`,
    { name: `SYMBOL_${at}`, score: at / 4, metric_score: at / 4, description: 'A symbol', options: ['one', 'two'] },
  ]),
);
const verdict = { is_skipped: false, score: 3.5, required_score: 15, action: 'no action', symbols, time_real: 0.002 };
const json = Buffer.from(JSON.stringify(verdict));
const msgpack = encodeMsgpack(verdict);
summary(() => {
  bench(`verdict of 30 symbols: decode msgpack (${msgpack.length} bytes)`, () =>
    do_not_optimize(decodeMsgpack(msgpack)),
  );
  bench(`verdict of 30 symbols: JSON.parse (${json.length} bytes)`, () => do_not_optimize(JSON.parse(json.toString())));
});
summary(() => {
  bench('verdict of 30 symbols: encode msgpack', () => do_not_optimize(encodeMsgpack(verdict)));
  bench('verdict of 30 symbols: JSON.stringify', () => do_not_optimize(Buffer.from(JSON.stringify(verdict))));
});

const form = writeMultipart(
  [
    { name: 'metadata', contentType: 'application/json', body: Buffer.from('{"from":"a@b.example"}') },
    { name: 'message', body: mail(100_000) },
  ],
  'form-data',
);
const formBody = Buffer.concat(form.chunks);
bench('100000 bytes, multipart: parse', () => do_not_optimize(parseMultipart(formBody, form.contentType)));

await run();
