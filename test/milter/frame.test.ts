import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Frame, FrameDecoder } from '../../src/wire/milter/index.ts';
import { packet, uint32 } from './support.ts';

function drain(decoder: FrameDecoder): Frame[] {
  const frames: Frame[] = [];
  for (let frame = decoder.pull(); frame !== undefined; frame = decoder.pull()) frames.push(frame);
  return frames;
}

test('frames do not depend on how the bytes were cut', { timeout: 60_000 }, () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });
  const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 90 }));
  fc.assert(
    fc.property(payloads, cuts, (sent, sizes) => {
      const wire = Buffer.concat(sent.map((payload) => packet('B', Buffer.from(payload))));
      const decoder = new FrameDecoder();
      const got: Buffer[] = [];
      for (let at = 0; at < wire.length; ) {
        const size = sizes.next().value;
        decoder.push(wire.subarray(at, at + size));
        got.push(...drain(decoder).map(({ payload }) => payload));
        at += size;
      }
      assert.deepEqual(
        got,
        sent.map((payload) => Buffer.from(payload)),
      );
      assert.equal(decoder.buffered, 0);
    }),
  );
});

test('frames that wait to be pulled keep their bytes, whatever comes behind', () => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.concat([packet('B', 'first'), packet('B', 'second')]));
  const first = decoder.peek();
  const pieces = ['third', 'fourth', 'fifth'].map((text) => packet('B', text.repeat(1000)));
  for (const piece of pieces) for (const byte of piece) decoder.push(Buffer.from([byte]));
  assert.equal(decoder.buffered, 10 + 11 + pieces.reduce((sum, { length }) => sum + length, 0));
  assert.equal(decoder.pull(), first);
  const frames = drain(decoder);
  assert.deepEqual(
    frames.map(({ payload }) => payload.toString().slice(0, 10)),
    ['second', 'thirdthird', 'fourthfour', 'fifthfifth'],
  );
  assert.equal(first?.payload.toString(), 'first');
});

test('a payload that arrives whole is a view of the chunk', () => {
  const chunk = packet('B', 'x'.repeat(70_000));
  const decoder = new FrameDecoder();
  decoder.push(chunk);
  assert.equal(decoder.pull()?.payload.buffer, chunk.buffer);
});

test('the largest payload has 131072 bytes; lengths are refused before their bytes are waited for', () => {
  const decoder = new FrameDecoder();
  decoder.push(packet('B', Buffer.alloc(131_072)));
  assert.equal(decoder.pull()?.payload.length, 131_072);
  decoder.push(uint32(131_074));
  assert.throws(() => decoder.pull(), /Command length is too big: 131074/);
  const empty = new FrameDecoder();
  empty.push(uint32(0));
  assert.throws(() => empty.pull(), /Command length is too short/);
});

test('a length alone buys no memory', () => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.concat([uint32(131_073), Buffer.from('Babc')]));
  assert.equal(decoder.pull(), undefined);
  assert.equal(decoder.buffered, 8);
});
