import { emitJson, emitJsonCompact } from '../emit/index.ts';
import { LuaError, LuaTable, type LuaValue } from '../lua/index.ts';
import type { Source } from '../source.ts';
import type { UclValue } from '../value.ts';

/** What templates need from outside themselves. */
export interface TemplateTools {
  /** Reads a text as UCL without macros and time suffixes; gives the first mistake when it is refused. */
  parse(text: string): UclValue | string;
  /** The content of a file, for `include` and its kin. */
  readFile(name: string): string | undefined;
}

/** UCL's null, which is a value and not nil. */
const uclNull = new LuaTable();
uclNull.text = () => 'null';

/** A UCL value as Lua has it. */
export function toLua(value: UclValue): LuaValue {
  switch (value.type) {
    case 'object':
      return LuaTable.from([...value.entries.values()].map((one) => [one.key, toLua(one.value)] as const));
    case 'array':
      return LuaTable.of(value.items.map(toLua));
    case 'int':
      return Number(value.value);
    case 'null':
      return uclNull;
    default:
      return value.value;
  }
}

const nowhere: Source = { name: '<template>', text: '', includedFrom: undefined };
const common = { priority: 0, at: { source: nowhere, offset: 0 } } as const;
/** Tables inside each other that can still be written. */
const deepest = 100;

/** A Lua value as UCL. A table is an array when it has nothing but a list. */
function toUcl(value: LuaValue, depth = 0): UclValue {
  if (depth > deepest) throw new LuaError('tables are nested too deep');
  if (value === undefined || value === uclNull || typeof value === 'function') return { ...common, type: 'null' };
  if (typeof value === 'boolean') return { ...common, type: 'boolean', value };
  if (typeof value === 'string') return { ...common, type: 'string', value, style: 'quoted' };
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { ...common, type: 'int', value: BigInt(value) };
    return { ...common, type: 'float', value };
  }
  const entries = [...value.entries()];
  if (entries.every(([key]) => typeof key === 'number')) {
    return { ...common, type: 'array', implicit: false, items: value.items().map((one) => toUcl(one, depth + 1)) };
  }
  const object: UclValue = { ...common, type: 'object', entries: new Map() };
  for (const [key, one] of entries) {
    const name = String(key);
    object.entries.set(name, { key: name, at: common.at, value: toUcl(one, depth + 1) });
  }
  return object;
}

/** A Lua value as JSON text. */
export function luaToJson(value: LuaValue, pretty: boolean): string {
  const converted = toUcl(value);
  return pretty ? emitJson(converted) : emitJsonCompact(converted);
}
