import type { LuaTable, LuaValue } from '../values.ts';
import { type Arguments, library } from './arguments.ts';

const one = (run: (x: number) => number) => (args: Arguments) => run(args.number(0));

function random(args: Arguments): number {
  if (args.values.length === 0) return Math.random();
  const low = args.values.length > 1 ? args.integer(0) : 1;
  const high = args.integer(args.values.length > 1 ? 1 : 0);
  if (high < low) throw args.bad(args.values.length > 1 ? 1 : 0, 'interval is empty');
  return low + Math.floor(Math.random() * (high - low + 1));
}

/** A fraction of at least 0.5 and below 1, and a power of two, that make a number. */
function frexp(value: number): LuaValue[] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0];
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1);
  let fraction = value * 2 ** -exponent;
  while (Math.abs(fraction) < 0.5) [fraction, exponent] = [fraction * 2, exponent - 1];
  while (Math.abs(fraction) >= 1) [fraction, exponent] = [fraction / 2, exponent + 1];
  return [fraction, exponent];
}

/** The `math` library. */
export function mathLibrary(): LuaTable {
  const math = library({
    abs: one(Math.abs),
    acos: one(Math.acos),
    asin: one(Math.asin),
    atan: one(Math.atan),
    atan2: (args) => Math.atan2(args.number(0), args.number(1)),
    ceil: one(Math.ceil),
    cos: one(Math.cos),
    cosh: one(Math.cosh),
    deg: one((x) => (x * 180) / Math.PI),
    exp: one(Math.exp),
    floor: one(Math.floor),
    fmod: (args) => args.number(0) % args.number(1),
    frexp: (args) => frexp(args.number(0)),
    ldexp: (args) => args.number(0) * 2 ** args.number(1),
    log: (args) =>
      args.values[1] === undefined ? Math.log(args.number(0)) : Math.log(args.number(0)) / Math.log(args.number(1)),
    log10: one(Math.log10),
    max: (args) => Math.max(args.number(0), ...args.values.slice(1).map((_, at) => args.number(at + 1))),
    min: (args) => Math.min(args.number(0), ...args.values.slice(1).map((_, at) => args.number(at + 1))),
    modf: (args) => {
      const value = args.number(0);
      return Number.isFinite(value)
        ? [Math.trunc(value), value - Math.trunc(value)]
        : [value, Number.isNaN(value) ? value : 0];
    },
    pow: (args) => args.number(0) ** args.number(1),
    rad: one((x) => (x * Math.PI) / 180),
    random,
    // The generator cannot be seeded, and nothing should depend on it.
    randomseed: (args) => {
      args.number(0);
      return [];
    },
    sin: one(Math.sin),
    sinh: one(Math.sinh),
    sqrt: one(Math.sqrt),
    tan: one(Math.tan),
    tanh: one(Math.tanh),
  });
  math.set('pi', Math.PI);
  math.set('huge', Number.POSITIVE_INFINITY);
  return math;
}
