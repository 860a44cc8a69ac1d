import {
  type Budget,
  findPattern,
  LuaError,
  LuaTable,
  type LuaValue,
  lessOrEqual,
  lessThan,
  lower,
  parseNumber,
  toText,
  typeOf,
  upper,
} from '../lua/index.ts';
import type { TemplateTools } from './data.ts';

type Test = (args: readonly LuaValue[]) => boolean | undefined;

const truths = new Set(['true', 'yes', 'on', '1']);
const falsehoods = new Set(['false', 'no', 'off', '0']);

function number(value: LuaValue, name: string): number {
  const found = typeof value === 'number' ? value : typeof value === 'string' ? parseNumber(value) : undefined;
  if (found === undefined)
    throw new LuaError(`attempt to perform arithmetic on local '${name}' (a ${typeOf(value)} value)`);
  return found;
}

function string(value: LuaValue): string {
  if (typeof value !== 'string') throw new LuaError(`attempt to index local 's' (a ${typeOf(value)} value)`);
  return value;
}

/** A number, from text, too. */
function numeric(value: LuaValue): number | undefined {
  return typeof value === 'number' ? value : parseNumber(toText(value));
}

function sequence(value: LuaValue): boolean {
  return value instanceof LuaTable && value.length > 0;
}

function contains(container: LuaValue, value: LuaValue): boolean {
  if (typeof container === 'string') return container.includes(toText(value));
  return container instanceof LuaTable && [...container.entries()].some(([, one]) => one === value);
}

/** A size as `is_size` and `require_size` take it: a number that is not negative, with `b`, `kb`, `mb` or `gb`. */
export function sizeNumber(value: LuaValue): number | undefined {
  const digits = lower(toText(value)).replace(/gb$/, '').replace(/mb$/, '').replace(/kb$/, '').replace(/b$/, '');
  const found = parseNumber(digits);
  return found !== undefined && found >= 0 ? found : undefined;
}

/** The tests: functions that templates call, such as `is_defined(x)` (rspamd: contrib/lua-lupa/lupa.lua:M.tests). */
export function testsFor(
  budget: Budget,
  tools: TemplateTools,
): [string, (args: readonly LuaValue[]) => readonly LuaValue[]][] {
  const tests: Readonly<Record<string, Test>> = {
    is_json: ([s]) => s !== undefined && s !== '' && typeof tools.parse(toText(s)) !== 'string',
    is_size: ([s]) => s !== undefined && s !== '' && sizeNumber(s) !== undefined,
    is_true: ([s]) => s !== undefined && truths.has(lower(toText(s))),
    is_false: ([s]) => s !== undefined && falsehoods.has(lower(toText(s))),
    is_odd: ([n]) => ((number(n, 'n') % 2) + 2) % 2 === 1,
    is_even: ([n]) => number(n, 'n') % 2 === 0,
    is_divisibleby: ([n, by]) => number(n, 'n') % number(by, 'num') === 0,
    is_defined: ([value]) => value !== undefined,
    is_undefined: ([value]) => value === undefined,
    is_none: ([value]) => value === undefined,
    is_nil: ([value]) => value === undefined,
    is_lower: ([s]) => lower(string(s)) === s,
    is_upper: ([s]) => upper(string(s)) === s,
    is_string: ([value]) => typeof value === 'string',
    is_mapping: ([value]) => value instanceof LuaTable,
    is_table: ([value]) => value instanceof LuaTable,
    is_number: ([value]) =>
      typeof value === 'number' || (typeof value === 'string' && parseNumber(value) !== undefined),
    is_sequence: ([value]) => sequence(value),
    is_iterable: ([value]) => sequence(value) || typeof value === 'function',
    is_callable: ([value]) => typeof value === 'function',
    is_sameas: ([value, other]) => value === other,
    is_escaped: ([value]) =>
      value instanceof LuaTable && value.text !== undefined ? true : typeof value === 'string' ? false : undefined,
    is_in: ([value, container]) => contains(container, value),
    is_startswith: ([s, prefix]) => toText(s).startsWith(string(prefix)),
    is_endswith: ([s, suffix]) => toText(s).endsWith(string(suffix)),
    is_match: ([s, pattern]) => findPattern(toText(s), string(pattern), 0, budget) !== undefined,
    is_boolean: ([value]) => typeof value === 'boolean',
    is_integer: ([value]) => Number.isInteger(numeric(value)),
    is_float: ([value]) => {
      const found = numeric(value);
      return found !== undefined && !Number.isInteger(found);
    },
    is_eq: ([value, other]) => value === other,
    is_ne: ([value, other]) => value !== other,
    is_lt: ([value, other]) => lessThan(value, other),
    is_le: ([value, other]) => lessOrEqual(value, other),
    is_gt: ([value, other]) => lessThan(other, value),
    is_ge: ([value, other]) => lessOrEqual(other, value),
  };
  return Object.entries(tests).map(([name, test]) => [name, (args) => [test(args)]]);
}
