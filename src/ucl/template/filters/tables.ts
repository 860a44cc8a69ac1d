import {
  type Budget,
  call,
  LuaError,
  LuaTable,
  type LuaValue,
  lessThan,
  lower,
  type Run,
  sortTable,
  toNumber,
  toText,
  truthy,
  typeOf,
} from '../../lua/index.ts';
import type { Filter, FilterArguments, FilterTable } from './arguments.ts';
import { escapeHtml } from './strings.ts';

/** The part of an element that an attribute such as `address.city` or `1` names. */
function attribute(element: LuaValue, path: LuaValue): LuaValue {
  const keys: LuaValue[] =
    typeof path === 'number'
      ? [path]
      : toText(path)
          .split('.')
          .filter((key) => key !== '');
  const only = keys.length === 1 && /^\d+$/.test(toText(keys[0])) ? Number(keys[0]) : undefined;
  let value = element;
  for (const key of only === undefined ? keys : [only]) {
    if (!(value instanceof LuaTable)) throw new LuaError(`an element has no attribute "${toText(path)}"`);
    value = value.get(key);
  }
  return value;
}

function attributes(items: readonly LuaValue[], path: LuaValue): LuaValue[] {
  return path === undefined ? [...items] : items.map((item) => attribute(item, path));
}

const folded = (value: LuaValue, caseCounts: boolean): LuaValue =>
  typeof value === 'string' && !caseCounts ? lower(value) : value;

/** The first of the elements that no other comes before. */
function extreme(args: FilterArguments, before: (a: LuaValue, b: LuaValue) => boolean): LuaValue {
  const items = args.table().items();
  const keys = attributes(items, args.values[2]).map((key) => folded(key, args.flag(1)));
  let best = 0;
  for (let at = 1; at < items.length; at++) if (before(keys[at], keys[best])) best = at;
  return items[best];
}

function unique(args: FilterArguments): LuaTable {
  const items = args.table().items();
  const keys = attributes(items, args.values[2]).map((key) => folded(key, args.flag(1)));
  const seen = new Set<LuaValue>();
  return LuaTable.of(items.filter((_, at) => !seen.has(keys[at]) && seen.add(keys[at])));
}

function dictsort(args: FilterArguments, budget: Budget): LuaTable {
  const by = args.values[2];
  if (truthy(by) && by !== 'key' && by !== 'value') {
    throw new LuaError('filter "dictsort" can only sort tables by "key" or "value"');
  }
  const at = by === 'value' ? 2 : 1;
  const pairs = LuaTable.of([...args.table().entries()].map((pair) => LuaTable.of(pair)));
  const key = (pair: LuaValue): LuaValue => folded(pair instanceof LuaTable ? pair.get(at) : undefined, args.flag(1));
  sortTable(pairs, (a, b) => lessThan(key(a), key(b)), budget);
  return pairs;
}

function sort(args: FilterArguments, budget: Budget): LuaValue {
  const value = args.input('table or string');
  const characters = typeof value === 'string' || typeof value === 'number';
  const items = characters ? toText(value).split('') : args.table().items();
  const list = LuaTable.of(items);
  const path = args.values[3];
  const key = (item: LuaValue): LuaValue => folded(truthy(path) ? attribute(item, path) : item, args.flag(2));
  sortTable(list, (a, b) => (args.flag(1) ? lessThan(key(b), key(a)) : lessThan(key(a), key(b))), budget);
  return characters ? list.items().map(toText).join('') : list;
}

/** Groups of elements with the same attribute, one by one: its value and the elements. */
function groupBy(args: FilterArguments): readonly LuaValue[] {
  const items = args.table().items();
  const keys = attributes(items, args.values[1] ?? '');
  const seen = new Set<LuaValue>();
  const next: Filter = ([, from]) => {
    for (let at = Number(from); at <= items.length; at++) {
      const key = keys[at - 1];
      if (seen.has(key)) continue;
      seen.add(key);
      return [at + 1, key, LuaTable.of(items.filter((_, other) => other >= at - 1 && keys[other] === key))];
    }
    return [undefined];
  };
  return [next, args.table(), 1];
}

function batch(args: FilterArguments, budget: Budget): readonly LuaValue[] {
  const items = args.table().items();
  const size = Math.max(1, args.number(1));
  const next: Filter = ([, from]) => {
    const start = Number(from);
    if (start > items.length) return [undefined];
    const group = items.slice(start - 1, start - 1 + size);
    budget.step(size);
    if (args.flag(2)) while (group.length < size) group.push(args.values[2]);
    return [start + size, LuaTable.of(group)];
  };
  return [next, args.table(), 1];
}

function slice(args: FilterArguments): readonly LuaValue[] {
  const items = args.table().items();
  const count = args.number(1);
  const size = Math.floor(items.length / count);
  const larger = items.length % count;
  const next: Filter = ([, index]) => {
    const at = Number(index);
    if (at > count) return [undefined];
    const part = items.slice((at - 1) * size + Math.min(at, larger + 1) - 1, at * size + Math.min(at, larger));
    if (larger > 0 && at > larger && args.flag(2)) part.push(args.values[2]);
    return [at + 1, LuaTable.of(part)];
  };
  return [next, args.table(), 1];
}

/** The second results of a generator, as a list. */
function list(args: FilterArguments, budget: Budget): LuaTable {
  const [next, state, first] = args.values;
  if (typeof next !== 'function') throw new LuaError('input to filter "list" must be a generator');
  const found = new LuaTable();
  for (let control = first; ; ) {
    budget.step();
    const [key, value] = next([state, control]);
    if (key === undefined) return found;
    control = key;
    found.push(value);
  }
}

function listText(value: LuaValue, depth = 0): string {
  if (!(value instanceof LuaTable)) return toText(value);
  if (depth > 100) throw new LuaError('stack overflow');
  const items = value.items().map((item) => (typeof item === 'string' ? `"${item}"` : listText(item, depth + 1)));
  return `{${items.join(', ')}}`;
}

function summand(value: LuaValue): number {
  const found = toNumber(value);
  if (found === undefined) throw new LuaError(`attempt to perform arithmetic on a ${typeOf(value)} value`);
  return found;
}

function random(args: FilterArguments): LuaValue {
  const items = args.table().items();
  return items[Math.floor(Math.random() * items.length)];
}

/** Filters whose input is a table (rspamd: contrib/lua-lupa/lupa.lua:M.filters). */
export function tableFilters(budget: Budget, named: (name: string) => Filter | undefined): FilterTable {
  const filterNamed = (name: LuaValue, where: string): Filter => {
    const found = typeof name === 'string' ? named(name) : undefined;
    if (found === undefined) throw new LuaError(`unknown filter "${toText(name)}"${where}`);
    return found;
  };
  /** Elements, or those with an attribute, that pass a test; without a test, those that are true. */
  const keep = (args: FilterArguments, path: LuaValue, at: number, wanted: boolean): LuaTable => {
    const test = args.values[at];
    const items = args.table().items();
    const keys = attributes(items, path);
    const run = { budget } as Run;
    const passes = (key: LuaValue): boolean => {
      if (!truthy(test)) return truthy(key);
      return truthy(
        call(
          test,
          [key, ...args.values.slice(at + 1)],
          run,
          () => new LuaError('the test of a filter is no function'),
        )[0],
      );
    };
    return LuaTable.of(items.filter((_, index) => passes(keys[index]) === wanted));
  };
  return {
    batch: (args) => batch(args, budget),
    dictsort: (args) => dictsort(args, budget),
    // Indexing a text gives nil.
    first: (args) => (typeof args.input('table') === 'string' ? undefined : args.table().get(1)),
    groupby: groupBy,
    items: (args) => LuaTable.of([...args.table().entries()].map((pair) => LuaTable.of(pair))),
    join: (args) => {
      const text = attributes(args.table().items(), args.values[2])
        .map(toText)
        .join(args.optionalText(1) ?? '');
      budget.bytes(text.length);
      return text;
    },
    keys: (args) => LuaTable.of([...args.table().entries()].map(([key]) => key)),
    last: (args) => (typeof args.input('table') === 'string' ? undefined : args.table().items().at(-1)),
    length: (args) => {
      const value = args.input('table or string');
      return value instanceof LuaTable ? value.length : args.string().length;
    },
    list: (args) => list(args, budget),
    map: (args) => {
      const filter = filterNamed(args.values[1], '');
      return LuaTable.of(
        args
          .table()
          .items()
          .map((item) => filter([item, ...args.values.slice(2)])[0]),
      );
    },
    mapattr: (args) => {
      const filter = truthy(args.values[2]) ? filterNamed(args.values[2], ' given to filter "mapattr"') : undefined;
      const found = attributes(args.table().items(), args.values[1] ?? '');
      return LuaTable.of(filter === undefined ? found : found.map((one) => filter([one, ...args.values.slice(3)])[0]));
    },
    max: (args) => extreme(args, (a, b) => lessThan(b, a)),
    min: (args) => extreme(args, lessThan),
    random,
    reject: (args) => keep(args, undefined, 1, false),
    rejectattr: (args) => keep(args, args.values[1] ?? '', 2, false),
    select: (args) => keep(args, undefined, 1, true),
    selectattr: (args) => keep(args, args.values[1] ?? '', 2, true),
    slice,
    sort: (args) => sort(args, budget),
    string: (args) => listText(args.values[0]),
    sum: (args) =>
      attributes(args.table().items(), args.values[1]).reduce<number>((total, one) => total + summand(one), 0),
    unique,
    values: (args) => LuaTable.of([...args.table().entries()].map(([, value]) => value)),
    xmlattr: (args) =>
      [...args.table().entries()].map(([key, value]) => `${toText(key)}="${escapeHtml(toText(value))}"`).join(' '),
  };
}
