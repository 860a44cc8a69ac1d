/**
 * LuaJIT's random numbers: a combined Tausworthe generator of period 2^223, the same sequence for the same seed
 * (luajit: src/lj_prng.c, src/lib_math.c). Its 64-bit words are kept as pairs of 32-bit halves.
 */

/** For each word: bits that matter, and the two shifts. */
const parameters = [
  { bits: 63, first: 31, second: 18 },
  { bits: 58, first: 19, second: 28 },
  { bits: 55, first: 24, second: 7 },
  { bits: 47, first: 21, second: 8 },
] as const;

const fixedSeed = [0xa0d27757, 0x0a345b8c, 0x764a296c, 0x5d4aa64f, 0x51220704, 0x070adeaa, 0x2a2717b5, 0xa7b7b927];

export class RandomSource {
  /** High and low half of each word. */
  readonly #state = Int32Array.from(fixedSeed);

  /** A double in [0, 1). */
  next(): number {
    const state = this.#state;
    let [high, low] = [0, 0];
    for (let i = 0; i < 4; i++) {
      const { bits, first, second } = parameters[i] as (typeof parameters)[number];
      const zh = state[2 * i] as number;
      const zl = state[2 * i + 1] as number;
      const xh = ((zh << first) | (zl >>> (32 - first))) ^ zh;
      const xl = (zl << first) ^ zl;
      const back = bits - second;
      const rh = back >= 32 ? 0 : xh >>> back;
      const rl = back >= 32 ? xh >>> (back - 32) : (xl >>> back) | (xh << (32 - back));
      const ml = zl & (-1 << (64 - bits));
      const h = rh ^ ((zh << second) | (ml >>> (32 - second)));
      const l = rl ^ (ml << second);
      state[2 * i] = h;
      state[2 * i + 1] = l;
      high ^= h;
      low ^= l;
    }
    return ((high & 0xfffff) * 2 ** 32 + (low >>> 0)) * 2 ** -52;
  }

  seed(value: number): void {
    const view = new DataView(new ArrayBuffer(8));
    let d = value;
    parameters.forEach(({ bits }, i) => {
      d = d * Math.PI + Math.E;
      view.setFloat64(0, d);
      const least = 1n << BigInt(64 - bits);
      let word = view.getBigUint64(0);
      if (word < least) word += least;
      this.#state[2 * i] = Number(BigInt.asIntN(32, word >> 32n));
      this.#state[2 * i + 1] = Number(BigInt.asIntN(32, word));
    });
    for (let i = 0; i < 10; i++) this.next();
  }
}
