import type { Budget } from '../budget.ts';
import { LuaTable, type LuaValue, parseNumber, toText, typeOf } from '../values.ts';
import { type Arguments, wrap } from './arguments.ts';
import { mathLibrary } from './math.ts';
import { osLibrary } from './os.ts';
import { stringLibrary } from './string.ts';
import { nextEntry, nextItem, tableLibrary } from './tables.ts';

function tonumber(args: Arguments): LuaValue {
  const value = args.any(0);
  const base = args.integer(1, 10);
  if (base === 10)
    return typeof value === 'number' ? value : typeof value === 'string' ? parseNumber(value) : undefined;
  const text = args.text(0).trim().toLowerCase();
  const digits = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (base < 2 || base > 36) throw args.bad(1, 'base out of range');
  const body = text.replace(/^-/, '');
  if (body === '' || [...body].some((digit) => !digits.includes(digit))) return undefined;
  const size = [...body].reduce((sum, digit) => sum * base + digits.indexOf(digit), 0);
  return text.startsWith('-') ? -size : size;
}

function select(args: Arguments): LuaValue | LuaValue[] {
  const rest = args.values.slice(1);
  if (args.values[0] === '#') return rest.length;
  const at = args.integer(0);
  if (at === 0 || -at > rest.length) throw args.bad(0, 'index out of range');
  return at < 0 ? rest.slice(at) : rest.slice(at - 1);
}

/** `range(stop)`, `range(start, stop, step)`: the numbers from start to stop, stop included. */
function range(args: Arguments, budget: Budget): LuaTable {
  const alone = args.values[1] === undefined && args.values[2] === undefined;
  const start = alone ? 1 : args.number(0);
  const stop = args.number(alone ? 0 : 1);
  const step = args.number(2, 1);
  const table = new LuaTable();
  if (step === 0) throw args.bad(2, 'step is zero');
  for (let at = start; step > 0 ? at <= stop : at >= stop; at += step) {
    budget.step();
    table.push(at);
  }
  return table;
}

/** `cycler(…)`: an object whose `next()` gives the values in turn. */
function cycler(args: Arguments): LuaTable {
  const cycle = LuaTable.of(args.values);
  const count = args.values.length;
  cycle.set('n', count);
  cycle.set('i', 1);
  cycle.set('current', args.values[0]);
  cycle.set(
    'next',
    wrap('next', (call) => {
      const self = call.table(0);
      const current = self.get('current');
      const next = (Number(self.get('i')) % count) + 1;
      self.set('i', next);
      self.set('current', self.get(next));
      return current;
    }),
  );
  cycle.set(
    'reset',
    wrap('reset', (call) => {
      const self = call.table(0);
      self.set('i', 1);
      self.set('current', self.get(1));
      return [];
    }),
  );
  return cycle;
}

/** The global names of the sandbox in which templates run (rspamd: contrib/lua-lupa/lupa.lua). */
export function sandbox(budget: Budget): LuaTable {
  const globals = LuaTable.from([
    ['_VERSION', 'Lua 5.1'],
    ['ipairs', wrap('ipairs', (args) => [nextItem, args.table(0), 0])],
    ['pairs', wrap('pairs', (args) => [nextEntry, args.table(0), undefined])],
    ['select', wrap('select', select)],
    ['tonumber', wrap('tonumber', tonumber)],
    ['tostring', wrap('tostring', (args) => toText(args.any(0)))],
    ['type', wrap('type', (args) => typeOf(args.any(0)))],
    ['range', wrap('range', (args) => range(args, budget))],
    ['cycler', wrap('cycler', cycler)],
    ['math', mathLibrary()],
    ['string', stringLibrary(budget)],
    ['table', tableLibrary(budget)],
    ['os', osLibrary()],
  ]);
  globals.set('_G', globals);
  return globals;
}
