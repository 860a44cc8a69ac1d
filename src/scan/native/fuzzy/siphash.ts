import type { Bits64 } from './bits64.ts';

/** "somepseudorandomlygeneratedbytes" in four words. */
const initial = [0x736f6d65, 0x70736575, 0x646f7261, 0x6e646f6d, 0x6c796765, 0x6e657261, 0x74656462, 0x79746573];

/** SipHash-2-4 of bytes. @param key 16 bytes */
export function sipHash(bytes: Buffer, key: Buffer): Bits64 {
  const v = Uint32Array.from(initial);
  for (let n = 0; n < 4; n++) {
    const at = (n % 2) * 8;
    v[2 * n] = (v[2 * n] as number) ^ key.readUInt32LE(at + 4);
    v[2 * n + 1] = (v[2 * n + 1] as number) ^ key.readUInt32LE(at);
  }
  const length = bytes.length;
  let at = 0;
  for (; length - at >= 8; at += 8) compress(v, bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at));
  let hi = (length & 255) << 24;
  let lo = 0;
  for (let n = 0; at + n < length; n++) {
    const byte = bytes[at + n] as number;
    if (n < 4) lo |= byte << (8 * n);
    else hi |= byte << (8 * (n - 4));
  }
  compress(v, hi, lo);
  v[5] = (v[5] as number) ^ 255;
  for (let n = 0; n < 4; n++) round(v);
  const fold = (half: number): number =>
    ((v[half] as number) ^ (v[half + 2] as number) ^ (v[half + 4] as number) ^ (v[half + 6] as number)) >>> 0;
  return { hi: fold(0), lo: fold(1) };
}

function compress(v: Uint32Array, hi: number, lo: number): void {
  v[6] = (v[6] as number) ^ hi;
  v[7] = (v[7] as number) ^ lo;
  round(v);
  round(v);
  v[0] = (v[0] as number) ^ hi;
  v[1] = (v[1] as number) ^ lo;
}

/** Words are four pairs, the upper half first. */
function round(v: Uint32Array): void {
  half(v, 0, 2, 13, true);
  half(v, 4, 6, 16, false);
  half(v, 0, 6, 21, false);
  half(v, 4, 2, 17, true);
}

/** `a` += `b`, `b` rotated to the left and mixed with `a`, and `a` turned by 32 bits where it is asked for. */
function half(v: Uint32Array, a: number, b: number, by: number, turn: boolean): void {
  const [bh, bl] = [v[b] as number, v[b + 1] as number];
  const lo = (v[a + 1] as number) + bl;
  const ah = ((v[a] as number) + bh + (lo > 0xffff_ffff ? 1 : 0)) >>> 0;
  const al = lo >>> 0;
  v[b] = ((bh << by) | (bl >>> (32 - by))) ^ ah;
  v[b + 1] = ((bl << by) | (bh >>> (32 - by))) ^ al;
  v[a] = turn ? al : ah;
  v[a + 1] = turn ? ah : al;
}
