import { randomBytes } from 'node:crypto';
import { checkInteger, checkString, LuaTable, type LuaValue, runtimeError } from '../../lua/index.ts';
import { moduleTable } from '../modules.ts';
import type { World } from '../world.ts';
import { newText } from './class.ts';
import { textBytes } from './text.ts';

const mostRandomBytes = 1 << 26;

/** The module `rspamd_text`. */
export function textModule(world: World): LuaTable {
  const table = moduleTable({
    fromstring: (...args) => newText(world, checkString(args, 1)),
    fromtable: (list, delimiter) => {
      if (!(list instanceof LuaTable)) throw runtimeError('invalid arguments');
      return newText(world, joined(list, typeof delimiter === 'string' ? delimiter : '', 0));
    },
    null: () => newText(world, ''),
    randombytes: (...args) => {
      const count = checkInteger(args, 1);
      if (count < 0 || count > mostRandomBytes) throw runtimeError(`invalid count of bytes: ${count}`);
      return newText(world, randomBytes(count).toString('latin1'));
    },
  });
  table.set('cookie', 0x2b21ef6f);
  return table;
}

const deepest = 10;

function joined(list: LuaTable, delimiter: string, depth: number): string {
  if (depth > deepest) throw runtimeError('lua_text_tbl_length: recursion limit exceeded');
  const part = (value: LuaValue): string => {
    if (value instanceof LuaTable) return joined(value, delimiter, depth + 1);
    return typeof value === 'string' ? value : (textBytes(value) ?? '');
  };
  return Array.from({ length: list.length() }, (_, i) => part(list.get(i + 1))).join(delimiter);
}
