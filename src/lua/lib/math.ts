import { none, two } from '../runtime/results.ts';
import { native } from '../values/native.ts';
import { power } from '../values/power.ts';
import type { LuaFunction, LuaResult } from '../values/types.ts';
import { checkNumber } from './arguments.ts';
import { RandomSource } from './random.ts';

const unary = (name: string, compute: (x: number) => number): LuaFunction =>
  native(name, (...args) => {
    const [x] = args;
    return compute(typeof x === 'number' ? x : checkNumber(args, 1));
  });

const binary = (name: string, compute: (x: number, y: number) => number): LuaFunction =>
  native(name, (...args) => {
    const x = checkNumber(args, 1);
    return compute(x, checkNumber(args, 2));
  });

const max = native('max', (...args) => {
  let most = checkNumber(args, 1);
  for (let i = 2; i <= args.length; i++) {
    const x = checkNumber(args, i);
    if (!(most > x)) most = x; // also decides which zero or NaN wins
  }
  return most;
});

const min = native('min', (...args) => {
  let least = checkNumber(args, 1);
  for (let i = 2; i <= args.length; i++) {
    const x = checkNumber(args, i);
    if (!(least < x)) least = x;
  }
  return least;
});

const log = native('log', (...args) => {
  const x = checkNumber(args, 1);
  if (args.length < 2) return Math.log(x);
  const y = 1 / Math.log2(checkNumber(args, 2));
  return Math.log2(x) * y;
});

const modf = native('modf', (...args): LuaResult => {
  const x = checkNumber(args, 1);
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return two(x, x > 0 ? 0 : -0);
  const whole = Math.trunc(x);
  return two(whole, Object.is(x, -0) || (whole === x && x < 0) ? -0 : x - whole);
});

/** Mantissa in [0.5, 1) and binary exponent. */
function splitNumber(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0];
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1);
  let mantissa = x * 2 ** -exponent;
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2;
    exponent--;
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2;
    exponent++;
  }
  return [mantissa, exponent];
}

const frexp = native('frexp', (...args) => two(...splitNumber(checkNumber(args, 1))));

/** x * 2^exponent for any exponent, rounded once but for subnormals. */
function scaleNumber(x: number, exponent: number): number {
  let [value, left] = [x, Math.max(-2200, Math.min(2200, Math.trunc(exponent) || 0))];
  for (; left > 1000; left -= 1000) value *= 2 ** 1000;
  for (; left < -1000; left += 1000) value *= 2 ** -1000;
  return value * 2 ** left;
}

function randomFunctions(): LuaFunction[] {
  const source = new RandomSource();
  const random = native('random', (...args) => {
    const d = source.next();
    if (args.length === 0) return d;
    const first = checkNumber(args, 1);
    if (args.length === 1) return Math.floor(d * first) + 1;
    return Math.floor(d * (checkNumber(args, 2) - first + 1)) + first;
  });
  const randomseed = native('randomseed', (...args) => {
    source.seed(checkNumber(args, 1));
    return none();
  });
  return [random, randomseed];
}

/** Functions of `math`; each state has random numbers of its own. */
export const mathFunctions = (): readonly LuaFunction[] => [
  unary('abs', Math.abs),
  unary('floor', Math.floor),
  unary('ceil', Math.ceil),
  unary('sqrt', Math.sqrt),
  unary('log10', Math.log10),
  unary('exp', Math.exp),
  unary('sin', Math.sin),
  unary('cos', Math.cos),
  unary('tan', Math.tan),
  unary('asin', Math.asin),
  unary('acos', Math.acos),
  unary('atan', Math.atan),
  unary('sinh', Math.sinh),
  unary('cosh', Math.cosh),
  unary('tanh', Math.tanh),
  unary('deg', (x) => x * (180 / Math.PI)),
  unary('rad', (x) => x * (Math.PI / 180)),
  binary('atan2', Math.atan2),
  binary('pow', power),
  binary('fmod', (x, y) => x % y),
  binary('ldexp', scaleNumber),
  frexp,
  modf,
  log,
  max,
  min,
  ...randomFunctions(),
];
