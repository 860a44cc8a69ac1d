import assert from 'node:assert/strict';
import {
  bodyOverhead,
  type Cipher,
  CryptError,
  CryptServer,
  encodeBase32,
  type KeyPair,
  openBody,
  sealBody,
} from '../../src/wire/crypt/index.ts';
import { hex, type NegativeVector, outerParts, type Vectors } from './httpcrypt-vectors.ts';

type Outcome = 'refused' | 'plain' | 'accepted';

/** A request that was good before something was done to it. */
interface Base {
  readonly keyHeader: string;
  readonly body: Buffer;
  readonly inner: Buffer;
  readonly reseal: (inner: Buffer) => Buffer;
}

/** What the words of a case ask for. */
const changes: ReadonlyArray<readonly [words: RegExp, change: (base: Base) => Buffer]> = [
  [/flipped/, ({ body }) => flipLastByte(body)],
  [/body longer than inner content-length/i, ({ inner, reseal }) => reseal(Buffer.concat([inner, Buffer.from('x')]))],
  [/body shorter than inner content-length/i, ({ inner, reseal }) => reseal(inner.subarray(0, -1))],
  [/without inner content-length/i, ({ inner, reseal }) => reseal(withoutLength(inner))],
];

/** The cases of `negative`, done to the first exchange that has a body; a case whose words are unknown is skipped. */
export function runNegative(
  { negative = [], http_exchanges = [] }: Vectors,
  pairs: ReadonlyMap<string, KeyPair>,
  cipher: Cipher,
  check: (name: string, run: () => void) => void,
  skip: (name: string, why: string) => void,
): void {
  const exchange = http_exchanges.find(({ request_inner_utf8 }) => /^Content-Length/im.test(request_inner_utf8));
  const own = exchange && pairs.get(exchange.server);
  if (exchange === undefined || own === undefined) return;
  const key = hex(exchange.nm_hex);
  const { keyHeader, body } = outerParts(exchange.request_b64);
  const reseal = (inner: Buffer) => sealBody(cipher, Buffer.concat([Buffer.alloc(bodyOverhead), inner]), key);
  const base: Base = { keyHeader, body, inner: openBody(cipher, body, key) ?? Buffer.alloc(0), reseal };
  for (const vector of negative) {
    const name = `negative ${vector.name}`;
    const expected = outcomeIn(vector.observed);
    const changed = changedBody(vector, base);
    if (expected === undefined) skip(name, `no outcome can be read from "${vector.observed}"`);
    else if (changed === undefined) skip(name, 'no change can be read from its name and key_header');
    else {
      const header = headerOf(vector, base, own);
      check(name, () => assert.equal(outcome(new CryptServer(cipher, [own]), header, changed), expected));
    }
  }
}

function outcomeIn(observed: string): Outcome | undefined {
  if (/closed/.test(observed)) return 'refused';
  if (/plain/.test(observed)) return 'plain';
  return /accepted/.test(observed) ? 'accepted' : undefined;
}

/** The body to send; undefined where a case with an untouched header has words that ask for nothing known. */
function changedBody(vector: NegativeVector, base: Base): Buffer | undefined {
  const change = changes.find(([words]) => words.test(vector.name))?.[1];
  if (change !== undefined) return change(base);
  return vector.key_header === 'valid' ? undefined : base.body;
}

function headerOf(vector: NegativeVector, base: Base, own: KeyPair): string {
  if (vector.key_header === 'valid') return base.keyHeader;
  if (/^full id/.test(vector.key_header)) {
    return `${encodeBase32(own.publicKey.id)}${base.keyHeader.slice(base.keyHeader.indexOf('='))}`;
  }
  return vector.key_header;
}

function outcome(server: CryptServer, header: string, body: Buffer): Outcome {
  if (!server.isSealed(header)) return 'plain';
  try {
    server.openRequest(header, body);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof CryptError, String(error));
    return 'refused';
  }
}

function flipLastByte(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1;
  return copy;
}

function withoutLength(inner: Buffer): Buffer {
  return Buffer.from(inner.toString('latin1').replace(/\r\nContent-Length:[^\r]*/i, ''), 'latin1');
}
