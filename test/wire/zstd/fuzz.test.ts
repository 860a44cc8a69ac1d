import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZstdError } from '../../../src/wire/zstd/index.ts';
import { below, fuzz, mutate, noise, rounds } from '../support/fuzz.ts';
import { engines } from './engines.ts';
import { frame, hidden, raw, rle, skippable } from './frames.ts';

const limit = 200_000;

/** Data worth damaging: real frames, and every part by hand. */
const seeds = engines.flatMap((zstd) => [
  zstd.compress(Buffer.from('Subject: hello\r\n\r\n'.repeat(40))),
  zstd.compress(Buffer.concat([Buffer.alloc(3000, 'abcdefgh'), Buffer.from('The quick brown fox'.repeat(20))])),
  Buffer.concat([zstd.compress(Buffer.from('one')), skippable(3), zstd.compress(Buffer.alloc(5000))]),
  frame({ blocks: [hidden(9), raw(Buffer.from('raw')), rle(100, true)] }),
  frame({ size: 112n, blocks: [hidden(9), raw(Buffer.from('raw')), rle(100, true)] }),
]);

for (const zstd of engines) {
  test(`${zstd.engine}: damaged frames give a result within the bound, or a ZstdError`, { timeout: 300_000 }, () => {
    const before = process.memoryUsage().rss;
    let refused = 0;
    const taken = fuzz(31, (random) => {
      const seed = seeds[below(random, seeds.length)] as Buffer;
      const data = random() < 0.05 ? Buffer.concat([seed.subarray(0, 6), noise(60, random)]) : mutate(seed, random);
      try {
        const result = zstd.decompress(data, limit);
        assert.ok(result.length <= limit);
        for (const other of engines) assert.ok(other.decompress(data, limit).equals(result), 'the engines agree');
      } catch (error) {
        assert.ok(error instanceof ZstdError, String(error));
        refused++;
      }
    });
    assert.equal(taken, rounds);
    assert.ok(refused > rounds / 4, 'most damage is noticed');
    assert.ok(process.memoryUsage().rss - before < 300_000_000);
    assert.equal(zstd.decompress(zstd.compress(Buffer.from('sound')), 5).toString(), 'sound');
  });
}
