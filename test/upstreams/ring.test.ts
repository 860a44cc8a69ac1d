import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { xxh64 } from '../../src/message/xxh64.ts';
import { clientKey } from '../../src/upstreams/client-key.ts';
import { buildRing, ownerOf, type RingNode } from '../../src/upstreams/ring.ts';

const mask = (1n << 64n) - 1n;
const [p1, p2, p3, p4, p5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;

/** XXH64 once more, slow and literal, to compare with. */
function reference(bytes: Buffer, seed: bigint): bigint {
  const rotl = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask;
  const round = (lane: bigint, input: bigint): bigint => (rotl((lane + input * p2) & mask, 31n) * p1) & mask;
  let at = 0;
  let hash = seed + p5;
  if (bytes.length >= 32) {
    const lanes: [bigint, bigint, bigint, bigint] = [seed + p1 + p2, seed + p2, seed, seed - p1];
    for (; at + 32 <= bytes.length; at += 32)
      for (const lane of [0, 1, 2, 3] as const)
        lanes[lane] = round(lanes[lane] & mask, bytes.readBigUInt64LE(at + 8 * lane));
    const [a, b, c, d] = lanes;
    hash = rotl(a, 1n) + rotl(b, 7n) + rotl(c, 12n) + rotl(d, 18n);
    for (const lane of lanes) hash = (((hash ^ round(0n, lane)) & mask) * p1 + p4) & mask;
  }
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (rotl(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask;
  for (; at + 4 <= bytes.length; at += 4)
    hash = (rotl(hash ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask;
  for (; at < bytes.length; at++) hash = (rotl(hash ^ ((BigInt(bytes[at] as number) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

function whole({ hi, lo }: { hi: number; lo: number }): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

test('xxh64: published values', () => {
  const zero = { hi: 0, lo: 0 };
  assert.equal(whole(xxh64(Buffer.from(''), zero)), 0xef46db3751d8e999n);
  assert.equal(whole(xxh64(Buffer.from('abc'), zero)), 0x44bc2cf5ad770999n);
  assert.equal(whole(xxh64(Buffer.from('Nobody inspects the spammish repetition'), zero)), 0xfbcea83c8a378bf1n);
});

test('xxh64: any bytes and seed as by big integers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(0xffffffff), fc.nat(0xffffffff), (bytes, hi, lo) => {
      assert.equal(whole(xxh64(bytes, { hi, lo })), reference(Buffer.from(bytes), whole({ hi, lo })));
    }),
    { numRuns: 500 },
  );
});

/** Clients 127.0.(i mod 7).i, and what a running 4.1.6 made of them. */
function clients(): Uint8Array[] {
  return Array.from({ length: 60 }, (_, at) => Uint8Array.of(127, 0, (at + 2) % 7, at + 2));
}

function owners(nodes: readonly RingNode[], keys: readonly Uint8Array[]): string {
  const ring = buildRing(nodes);
  return keys.map((key) => (ownerOf(ring, key, () => true) as number) + 1).join('');
}

test('the same clients go to the same hosts as with the original', () => {
  const equal = [43101, 43102, 43103].map((port) => ({ name: `127.0.0.1:${port}`, weight: 0 }));
  assert.equal(owners(equal, clients()), '213331313212232222122232122113132213113213111113323322221113');
  const weighted = [
    { name: '127.0.0.1:43101', weight: 3 },
    { name: '127.0.0.1:43102', weight: 0 },
    { name: '::1', weight: 2 },
  ];
  assert.equal(owners(weighted, clients()), '313121311213111233122211113113332111133111113113331321211313');
  const loopback = clientKey({ kind: 'inet', address: '::1', port: 1 }) as Uint8Array;
  assert.equal(owners(equal, [loopback]), '3');
  assert.equal(owners(weighted, [loopback]), '1');
});

test('when a node is passed over only its keys move, and to where a ring without it has them', () => {
  const nodes = Array.from({ length: 5 }, (_, at) => ({ name: `scanner${at}:11333`, weight: at }));
  const ring = buildRing(nodes);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(4), (key, gone) => {
      const before = ownerOf(ring, key, () => true) as number;
      const after = ownerOf(ring, key, (owner) => owner !== gone) as number;
      if (before !== gone) assert.equal(after, before);
      const rest = nodes.filter((_, at) => at !== gone);
      assert.equal(nodes[after], rest[ownerOf(buildRing(rest), key, () => true) as number]);
    }),
    { numRuns: 100 },
  );
});

test('every node is found, those of one name too; no node that accepts, no owner', () => {
  const ring = buildRing([
    { name: 'same', weight: 0 },
    { name: 'same', weight: 0 },
    { name: 'heavy', weight: 65_535 },
  ]);
  assert.deepEqual([...new Set(ring.owner)].sort(), [0, 1, 2]);
  assert.ok(ring.owner.length < 210_000);
  assert.equal(
    ownerOf(ring, Uint8Array.of(1), () => false),
    undefined,
  );
});

test('keys of clients: the bytes of the address, without the port', () => {
  const key = (address: string): number[] => [...(clientKey({ kind: 'inet', address, port: 1 }) ?? [])];
  assert.deepEqual(key('10.1.2.255'), [10, 1, 2, 255]);
  assert.deepEqual(key('::ffff:10.1.2.255'), [10, 1, 2, 255]);
  assert.deepEqual(key('::'), new Array(16).fill(0));
  assert.deepEqual(key('2001:db8::ff01'), [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 1]);
  assert.deepEqual(key('1:2:3:4:5:6:7:8'), [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]);
  assert.deepEqual(key('fe80::1%eth0'), [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual(key('64:ff9b::1.2.3.4'), [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
  assert.deepEqual(key('::ABCD:ef01:203.0.113.255').slice(8), [0xab, 0xcd, 0xef, 1, 203, 0, 113, 255]);
  assert.deepEqual(key('ffff::'), [255, 255, ...new Array(14).fill(0)]);
  assert.deepEqual(key('1::5:6:7:8:9:a').slice(0, 6), [0, 1, 0, 0, 0, 5]);
  assert.deepEqual(key('unknown'), []);
  assert.deepEqual([...(clientKey({ kind: 'unix', path: '/x' }) ?? [])], [1, 0, 0, 127]);
});

test('keys of clients: however an IPv6 address is written', () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, fc.nat(7), fc.nat(8), (words, from, length) => {
      // A gap may replace at least one group of zeros.
      const to = Math.min(8, from + Math.max(1, length));
      const given = words.map((word, at) => (at >= from && at < to ? 0 : word));
      const hex = given.map((word) => word.toString(16));
      const short = `${hex.slice(0, from).join(':')}::${hex.slice(to).join(':')}`;
      const bytes = given.flatMap((word) => [word >> 8, word & 255]);
      for (const address of [hex.join(':'), short, short.toUpperCase()]) {
        if (/^::ffff:/i.test(address)) continue;
        assert.deepEqual([...(clientKey({ kind: 'inet', address, port: 1 }) ?? [])], bytes, address);
      }
    }),
  );
});
