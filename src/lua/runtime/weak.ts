import { MODE } from '../values/events.ts';
import { LuaObject } from '../values/object.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { R } from './registers.ts';

/**
 * Weak tables. V8 collects when it likes, and never inside a synchronous run what a WeakRef has just been asked for, so
 * entries are held as usual and become weak only while `collectgarbage` runs a full collection.
 */
const weakTables = new Set<WeakRef<LuaTable>>();

/** Notes a table whose new metatable makes it weak. */
export function noteWeakTable(table: LuaTable, meta: LuaTable): void {
  if (typeof meta.getEvent(MODE) === 'string') weakTables.add(new WeakRef(table));
}

/** A collectable part of an entry: strings, numbers and booleans never are. */
const isCollectable = (value: LuaValue): value is LuaObject =>
  value instanceof LuaObject || (typeof value === 'function' && value.native === undefined);

interface Entry {
  readonly key: LuaValue | WeakRef<LuaObject>;
  readonly value: LuaValue | WeakRef<LuaObject>;
}

interface Emptied {
  readonly table: WeakRef<LuaTable>;
  readonly entries: Entry[];
}

/** Takes all entries out of a weak table and holds their weak parts weakly. */
function empty(table: LuaTable, ref: WeakRef<LuaTable>): Emptied | undefined {
  const mode = table.meta?.getEvent(MODE);
  if (typeof mode !== 'string') return undefined;
  const [weakKeys, weakValues] = [mode.includes('k'), mode.includes('v')];
  const hold = (part: LuaValue, isWeak: boolean): LuaValue | WeakRef<LuaObject> =>
    isWeak && isCollectable(part) ? new WeakRef(part) : part;
  const entries: Entry[] = [];
  const { array, values, shape } = table;
  for (let i = 0; i < array.length; i++) {
    if (array[i] !== undefined) entries.push({ key: i, value: hold(array[i], weakValues) });
  }
  for (let slot = 0; slot < values.length; slot++) {
    if (values[slot] === undefined) continue;
    entries.push({ key: hold(shape.keys[slot] as LuaValue, weakKeys), value: hold(values[slot], weakValues) });
  }
  table.clear();
  return { table: ref, entries };
}

const alive = (part: LuaValue | WeakRef<LuaObject>): LuaValue => (part instanceof WeakRef ? part.deref() : part);

function refill({ table: ref, entries }: Emptied): void {
  const table = ref.deref();
  if (table === undefined) return;
  for (const { key, value } of entries) {
    const [k, v] = [alive(key), alive(value)];
    if (k !== undefined && v !== undefined) table.set(k, v);
  }
}

/** Forgets what the registers still hold of finished calls. */
function clearRegisters(): void {
  R.first = R.second = R.third = R.callee = undefined;
  R.results = [];
  R.args = [];
  for (let frame = R.top.next; frame !== null; frame = frame.next) frame.fn = undefined;
}

/** Runs a full collection, after which weak tables have lost what nothing else holds. */
export function collectWeak(collect: () => void): void {
  clearRegisters();
  const emptied = emptyAll();
  collect();
  for (const one of emptied) refill(one);
}

function emptyAll(): Emptied[] {
  const emptied: Emptied[] = [];
  for (const ref of weakTables) {
    const table = ref.deref();
    const entries = table === undefined ? undefined : empty(table, ref);
    if (entries === undefined) weakTables.delete(ref);
    else emptied.push(entries);
  }
  return emptied;
}

export const hasWeakTables = (): boolean => weakTables.size > 0;
