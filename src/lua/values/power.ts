/**
 * `x ^ y` rounded as a good libm does. V8's own power is off by a bit in about one case of ten (5^-4 is not 0.0016),
 * which Lua programs can see. The work is done with pairs of doubles (head + tail), some 100 bits together.
 */

// Results of the pair routines; a pair is returned through these to stay free of allocation.
let head = 0;
let tail = 0;

const splitter = 134217729; // 2^27 + 1 cuts a double into two halves whose products are exact

function multiplyPair(ah: number, al: number, bh: number, bl: number): void {
  const product = ah * bh;
  let c = splitter * ah;
  const ahh = c - (c - ah);
  const ahl = ah - ahh;
  c = splitter * bh;
  const bhh = c - (c - bh);
  const bhl = bh - bhh;
  const rest = ahh * bhh - product + ahh * bhl + ahl * bhh + ahl * bhl + (ah * bl + al * bh);
  head = product + rest;
  tail = product - head + rest;
}

function addPair(ah: number, al: number, bh: number, bl: number): void {
  const sum = ah + bh;
  const v = sum - ah;
  const rest = ah - (sum - v) + (bh - v) + al + bl;
  head = sum + rest;
  tail = sum - head + rest;
}

/** 1 / (ah + al) */
function invertPair(ah: number, al: number): void {
  const first = 1 / ah;
  multiplyPair(ah, al, first, 0);
  // first * (2 - a * first)
  addPair(2, 0, -head, -tail);
  multiplyPair(head, tail, first, 0);
}

/** n * 2^exponent, rounded once unless the result is subnormal. */
function scale(n: number, exponent: number): number {
  if (exponent > 1000) return n * 2 ** 1000 * 2 ** (exponent - 1000);
  if (exponent < -1000) return n * 2 ** -1000 * 2 ** (exponent + 1000);
  return n * 2 ** exponent;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Binary exponent of a normal number. */
function exponentOf(x: number): number {
  float[0] = x;
  return (((words[1] as number) >>> 20) & 0x7ff) - 1023;
}

/** base^n for a base in [0.5, 2) and a whole n of 1 or more; the pair is left in head and tail. */
function wholePowerPair(base: number, n: number): void {
  let [rh, rl, bh, bl] = [1, 0, base, 0];
  for (let left = n; ; ) {
    if (left & 1) {
      multiplyPair(rh, rl, bh, bl);
      rh = head;
      rl = tail;
    }
    left >>>= 1;
    if (left === 0) break;
    multiplyPair(bh, bl, bh, bl);
    bh = head;
    bl = tail;
  }
  head = rh;
  tail = rl;
}

function wholePower(x: number, n: number): number {
  const size = Math.abs(n);
  let exponent = exponentOf(x);
  let base = x * 2 ** -exponent;
  if (base >= 1.5 || base <= -1.5) {
    base /= 2;
    exponent++;
  }
  wholePowerPair(base, size);
  if (n < 0) invertPair(head, tail);
  // glibc takes the larger of two equally near results (10^23)
  const next = head + 2 * tail;
  const tie = tail * head > 0 && next - head === 2 * tail;
  return scale(tie ? next : head, exponent * n);
}

const LN2_HEAD = Math.LN2;
const LN2_TAIL = 2.3190468138462996e-17;

let shift = 0;

/** e^(ah + al) as a pair times 2^shift. */
function expPair(ah: number, al: number): void {
  shift = Math.round(ah / LN2_HEAD);
  multiplyPair(LN2_HEAD, LN2_TAIL, -shift, 0);
  addPair(ah, al, head, tail);
  // e^r = (e^(r / 256))^256, with e^s - 1 from its series
  const sh = head / 256;
  const sl = tail / 256;
  let [th, tl, sumHead, sumTail] = [sh, sl, sh, sl];
  for (let i = 2; i <= 11; i++) {
    multiplyPair(th, tl, sh, sl);
    multiplyPair(head, tail, 1 / i, reciprocalTails[i] as number);
    th = head;
    tl = tail;
    addPair(sumHead, sumTail, th, tl);
    sumHead = head;
    sumTail = tail;
  }
  // (1 + m)^2 - 1 = 2m + m^2 keeps the small part
  for (let i = 0; i < 8; i++) {
    multiplyPair(sumHead, sumTail, sumHead, sumTail);
    addPair(2 * sumHead, 2 * sumTail, head, tail);
    sumHead = head;
    sumTail = tail;
  }
  addPair(1, 0, sumHead, sumTail);
}

const reciprocalTails: readonly number[] = Array.from({ length: 12 }, (_, i) => {
  if (i === 0) return 0;
  const q = 1 / i;
  multiplyPair(i, 0, q, 0);
  return (1 - head - tail) / i;
});

/** x^y for x > 0 by e^(y ln x); the logarithm is one Newton step from the built-in one. */
function generalPower(x: number, y: number): number {
  const exponent = exponentOf(x);
  const m = x * 2 ** -exponent;
  const first = Math.log(m);
  expPair(-first, 0);
  multiplyPair(head * 2 ** shift, tail * 2 ** shift, m, 0);
  addPair(head, tail, -1, 0);
  const r = head;
  addPair(first, 0, head - (r * r) / 2 + (r * r * r) / 3, tail);
  const lh = head;
  const ll = tail;
  multiplyPair(LN2_HEAD, LN2_TAIL, exponent, 0);
  addPair(head, tail, lh, ll);
  multiplyPair(head, tail, y, 0);
  if (!(Math.abs(head) < 700)) return x ** y;
  expPair(head, tail);
  return scale(head, shift);
}

/** The operator `^`: C's `pow`. */
export function power(x: number, y: number): number {
  if (y === 2) return x * x;
  if (x === 1 || y === 0) return 1;
  if (x === -1 && (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY)) return 1;
  if (y === 1) return x;
  const size = Math.abs(x);
  if (!(size >= 2.3e-308 && size < Number.POSITIVE_INFINITY)) return x ** y;
  if (y === 0.5) return Math.sqrt(x);
  if (Number.isInteger(y)) {
    if (Math.abs(y) <= 1100) return wholePower(x, y);
    return x ** y;
  }
  return x > 0 ? generalPower(x, y) : x ** y;
}
