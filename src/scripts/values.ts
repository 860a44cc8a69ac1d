import { type LuaFunction, type LuaResult, LuaScriptError, LuaTable, type LuaValue, native } from '../lua/index.ts';
import { fromLua, functionIn, uclTypes, type World } from '../rspamd-lua/index.ts';
import { bytes, type UclValue } from '../ucl/index.ts';

/**
 * A result as it goes from thread to thread: what JSON can hold, numbers that are not finite, and a boxed string
 * (`new String(…)`) in place of a function that a parser script put in: what the function returned.
 */
export type PlainValue = unknown;

/** Deeper or larger values are no results of a scanner; structured cloning has its limits, too. */
const limits = { depth: 400, bytes: 16 * 1024 * 1024 };

/** Bytes that a value costs beside its text. */
const overhead = 16;

/**
 * The Lua value that the original makes of a result (rspamd: contrib/libucl/lua_ucl.c:ucl_object_push_lua).
 * @param encoding what the texts in it are: `latin1` for byte strings
 */
export function plainToLua(world: World, value: PlainValue, encoding: 'utf8' | 'latin1'): LuaValue {
  const types = uclTypes(world);
  const textOf = encoding === 'utf8' ? bytes : (text: string) => text;
  const convert = (one: unknown, depth: number): LuaValue => {
    if (typeof one === 'string') return textOf(one);
    if (typeof one === 'number' || typeof one === 'boolean') return one;
    if (typeof one !== 'object' || one === null) return types.null;
    if (depth > limits.depth) throw new RangeError(`values are nested more than ${limits.depth} deep`);
    if (one instanceof String) return native('value', () => one.valueOf());
    const table = new LuaTable();
    if (Array.isArray(one)) {
      for (const item of one) table.append(convert(item, depth + 1));
      table.meta = types.array;
    } else {
      for (const [key, member] of Object.entries(one)) table.set(textOf(key), convert(member, depth + 1));
      table.meta = types.object;
    }
    return table;
  };
  return convert(value, 0);
}

/**
 * What a parser script returned, all texts byte strings; undefined for nil.
 * @throws LuaScriptError for values that are no results, RangeError for those that are too large
 */
export function luaToPlain(world: World, value: LuaValue): PlainValue {
  let found: UclValue | undefined;
  const read = native('import', (): LuaResult => {
    found = fromLua(world, value);
    return undefined;
  });
  world.lua.call(read);
  return found === undefined ? undefined : plainOf(world, found);
}

function plainOf(world: World, top: UclValue): PlainValue {
  let left = limits.bytes;
  const take = (size: number): void => {
    left -= size + overhead;
    if (left < 0) throw new RangeError(`the result has more than ${limits.bytes} bytes`);
  };
  const convert = (value: UclValue): PlainValue => {
    take(value.type === 'string' ? value.value.length : 0);
    switch (value.type) {
      case 'object':
        return Object.fromEntries(
          [...value.entries].map(([key, { value: member }]) => {
            take(key.length);
            return [key, convert(member)];
          }),
        );
      case 'array':
        return value.items.map(convert);
      case 'int':
        return Number(value.value);
      case 'null': {
        const fn = functionIn(value);
        return fn === undefined ? null : textOfFunction(world, fn);
      }
      default:
        return value.value;
    }
  };
  return convert(top);
}

/** Rspamd: contrib/libucl/lua_ucl.c:lua_ucl_userdata_emitter */
function textOfFunction(world: World, fn: LuaFunction): PlainValue {
  let text: LuaValue;
  try {
    [text] = world.lua.call(fn);
  } catch (cause) {
    if (!(cause instanceof LuaScriptError)) throw cause;
    text = cause.value;
  }
  const shown = typeof text === 'string' || typeof text === 'number' ? world.lua.toText(text) : 'null';
  // Boxed, so that it is not taken for a text.
  return new String(shown);
}
