import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadZstd, ZstdError, type ZstdErrorKind } from '../../../src/wire/zstd/index.ts';
import { nativeEngine } from '../../../src/wire/zstd/native.ts';
import { slow } from '../../support/project.ts';
import { noise, numRuns, seeded } from '../support/fuzz.ts';
import { engines } from './engines.ts';
import { frame, hidden, raw, rle, skippable, times } from './frames.ts';

const ofKind = (kind: ZstdErrorKind) => (error: unknown) => error instanceof ZstdError && error.kind === kind;

const mebibyte = 1_048_576;

/** Half noise, half repetition. */
function text(length: number): Buffer {
  const bytes = Buffer.alloc(length, 'some words that repeat ');
  const random = seeded(length);
  for (let at = 0; at < length; at += 64) noise(Math.min(8, length - at), random).copy(bytes, at);
  return bytes;
}

test('one of the engines is chosen', async () => {
  assert.equal((await loadZstd()).engine, nativeEngine() === undefined ? 'zstd-codec' : 'node');
  assert.equal(nativeEngine({}), undefined);
});

for (const zstd of engines) {
  const name = zstd.engine;

  test(`${name}: what was compressed comes back`, { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const data = Buffer.from(bytes);
        assert.ok(zstd.decompress(zstd.compress(data), data.length).equals(data));
      }),
      { numRuns },
    );
    const lengths = [0, 1, 255, 256, 65_535, 65_536, 131_072, 131_073, 2 * mebibyte, 2 * mebibyte + 1, 5_000_000];
    for (const length of slow ? [...lengths, 52_428_800] : lengths) {
      const data = text(length);
      const packed = zstd.compress(data);
      assert.ok(zstd.decompress(packed, length).equals(data), `${length} bytes`);
      assert.ok(length < 1000 || packed.length < length);
    }
  });

  test(`${name}: frames tell their content size, short ones and long ones`, () => {
    for (const length of [10, 1000, 100_000, 3 * mebibyte]) {
      const packed = zstd.compress(text(length));
      assert.throws(() => zstd.decompress(packed, length - 1), ofKind('too-large'));
      assert.notEqual((packed[4] as number) & 0xe0, 0, 'the descriptor says that a size follows');
    }
  });

  test(`${name}: what the other engines compressed is taken`, () => {
    for (const other of engines) {
      assert.ok(zstd.decompress(other.compress(text(300_000)), mebibyte).equals(text(300_000)));
    }
  });

  test(`${name}: several frames, with and without content size, and skippable ones`, () => {
    const [one, two] = [text(1000), text(200_000)];
    const parts = [
      zstd.compress(one),
      skippable(5),
      zstd.compress(two),
      frame({ blocks: [rle(3, true)] }),
      skippable(0),
    ];
    const packed = Buffer.concat(parts);
    assert.ok(zstd.decompress(packed, mebibyte).equals(Buffer.concat([one, two, Buffer.from('aaa')])));
    assert.throws(() => zstd.decompress(packed, 201_002), ofKind('too-large'));
    assert.equal(zstd.decompress(packed, 201_003).length, 201_003);
    assert.equal(zstd.decompress(skippable(9), 10).length, 0);
    const many = Buffer.concat(Array<Buffer>(500).fill(zstd.compress(one)));
    assert.equal(zstd.decompress(many, mebibyte).length, 500_000);
  });

  test(`${name}: blocks of every kind`, () => {
    const blocks = [raw(Buffer.from('raw')), rle(4), hidden(5), raw(Buffer.alloc(0), true)];
    assert.equal(zstd.decompress(frame({ blocks }), 12).toString(), `raw${'a'.repeat(9)}`);
    assert.equal(zstd.decompress(frame({ size: 12n, blocks }), 12).toString(), `raw${'a'.repeat(9)}`);
    assert.throws(() => zstd.decompress(frame({ blocks }), 11), ofKind('too-large'));
  });

  test(`${name}: results that fill pieces of memory exactly or not at all`, () => {
    for (const size of [1, 65_536, 100_000, 131_071, 131_072]) {
      for (const count of [1, 7, 8, 9, 25]) {
        const packed = frame({ blocks: times(count, (last) => hidden(size, last)) });
        assert.equal(zstd.decompress(packed, 4 * mebibyte).length, size * count, `${count} of ${size}`);
      }
    }
  });

  test(`${name}: a bomb is refused, and costs no more memory than was allowed`, { timeout: 60_000 }, () => {
    const limit = 8 * mebibyte;
    const bombs = [
      frame({ blocks: times(8192, (last) => rle(131_072, last)) }),
      frame({ blocks: times(8192, (last) => hidden(131_072, last)) }),
      Buffer.concat(Array<Buffer>(1000).fill(frame({ blocks: times(8, (last) => hidden(131_072, last)) }))),
      frame({ size: 2n ** 30n, blocks: times(8192, (last) => hidden(131_072, last)) }),
      frame({ size: 2n ** 63n, blocks: [rle(1, true)] }),
    ];
    for (const bomb of bombs) {
      const before = process.memoryUsage().arrayBuffers;
      assert.throws(() => zstd.decompress(bomb, limit), ofKind('too-large'));
      assert.ok(process.memoryUsage().arrayBuffers - before < 4 * limit);
    }
  });

  test(`${name}: sizes that are not true`, () => {
    assert.throws(() => zstd.decompress(frame({ size: 5_000_000n, blocks: [rle(4, true)] }), 8e6), ofKind('corrupt'));
    for (const size of [3n, 5n]) {
      assert.throws(() => zstd.decompress(frame({ size, blocks: [hidden(4, true)] }), 100), ofKind('corrupt'));
      assert.throws(() => zstd.decompress(frame({ size, blocks: [rle(4, true)] }), 100), ofKind('corrupt'));
    }
  });

  test(`${name}: a frame cut anywhere is refused`, () => {
    for (const packed of [
      zstd.compress(text(700)),
      frame({ blocks: [hidden(5), raw(Buffer.from('abc')), rle(9, true)] }),
    ]) {
      for (let length = 1; length < packed.length; length++) {
        assert.throws(() => zstd.decompress(packed.subarray(0, length), 8000), ofKind('truncated'), `${length} bytes`);
      }
    }
  });

  test(`${name}: still sound after all of that`, () => {
    const data = text(2 * mebibyte);
    for (let round = 0; round < 10; round++) {
      assert.throws(() => zstd.decompress(frame({ blocks: [raw(noise(20, seeded(round))), hidden(0, true)] }), 5));
      assert.ok(zstd.decompress(zstd.compress(data), data.length).equals(data));
    }
  });
}

const [zstd] = engines as [(typeof engines)[number]];
const good = raw(Buffer.from('x'), true);

const refused: ReadonlyArray<readonly [name: string, kind: ZstdErrorKind, data: Buffer]> = [
  ['nothing', 'not-zstd', Buffer.alloc(0)],
  ['text', 'not-zstd', Buffer.from('Subject: this is no zstd\r\n')],
  ['gzip', 'not-zstd', Buffer.from('1f8b0800000000000003', 'hex')],
  ['something behind the frame', 'corrupt', Buffer.concat([frame({ blocks: [good] }), Buffer.from('more')])],
  ['a dictionary', 'dictionary', frame({ dictionary: 7, blocks: [good] })],
  ['a reserved bit', 'corrupt', frame({ bits: 8, blocks: [good] })],
  ['a reserved block type', 'corrupt', frame({ blocks: [Buffer.from([7, 0, 0])] })],
  ['a block larger than blocks may be', 'corrupt', frame({ blocks: [rle(131_073, true)] })],
  ['a block larger than the window', 'corrupt', frame({ window: 0, blocks: [rle(1025, true)] })],
  ['a window of 9 MiB', 'window', frame({ window: 0x69, blocks: [good] })],
  ['a window of 3.75 TiB', 'window', frame({ window: 0xff, blocks: [good] })],
  ['a checksum that is missing', 'truncated', frame({ bits: 4, blocks: [good] })],
  ['a checksum that is wrong', 'corrupt', Buffer.concat([frame({ bits: 4, blocks: [good] }), Buffer.alloc(4)])],
  ['a skippable frame that is cut', 'truncated', skippable(5).subarray(0, 12)],
  ['too many frames', 'too-many-parts', Buffer.concat(Array<Buffer>(1025).fill(skippable(0)))],
  ['too many blocks', 'too-many-parts', frame({ blocks: times(65_537, (last) => raw(Buffer.alloc(0), last)) })],
];

for (const [name, kind, data] of refused) {
  test(`refused: ${name}`, () => {
    for (const engine of engines) assert.throws(() => engine.decompress(data, mebibyte), ofKind(kind), engine.engine);
  });
}

test('a dictionary id of 0 is none', () => {
  assert.equal(zstd.decompress(frame({ dictionary: 0, blocks: [good] }), 10).toString(), 'x');
});
