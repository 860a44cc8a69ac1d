import assert from 'node:assert/strict';
import { ProtocolError } from '../../../src/message/errors.ts';
import { slow } from '../../support/project.ts';

/** Inputs per fuzz test. */
export const rounds = slow ? 50_000 : 2_000;

/** Runs of a fast-check property. */
export const numRuns = slow ? 2_000 : 100;

/** mulberry32: the same seed gives the same inputs, on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** A copy of `bytes` with one to four things done to it: bytes changed, cut, doubled, put in, cut off at the end. */
export function mutate(bytes: Buffer, random: () => number): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let times = 1 + below(random, 4); times > 0; times--) changed = mutateOnce(changed, random);
  return changed;
}

function mutateOnce(bytes: Buffer, random: () => number): Buffer {
  const at = below(random, bytes.length + 1);
  const length = below(random, 9);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (below(random, 6)) {
    case 0:
      if (at < bytes.length) bytes[at] = below(random, 256);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
      return bytes;
    case 2:
      return Buffer.concat([head, tail.subarray(length)]);
    case 3:
      return Buffer.concat([head, noise(length, random), tail]);
    case 4:
      return Buffer.concat([head, tail.subarray(0, length), tail]);
    default:
      return Buffer.from(head);
  }
}

export function noise(length: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(random, 256)));
}

/** Calls `run` once per round; nothing but a ProtocolError may come out of it. Returns how many inputs were taken. */
export function fuzz(seed: number, run: (random: () => number) => void, count: number = rounds): number {
  let taken = 0;
  for (let round = 0; round < count; round++) {
    try {
      run(seeded(seed + round));
      taken++;
    } catch (error) {
      if (!(error instanceof ProtocolError))
        throw new Error(`seed ${seed + round}: ${String(error)}`, { cause: error });
      assert.ok(error.message.length > 0);
    }
  }
  return taken;
}
