import type { State } from '../../runtime/state.ts';
import { LuaTable } from '../../values/table.ts';
import type { LuaFunction } from '../../values/types.ts';
import { basicFunctions } from './basic.ts';
import { format } from './format.ts';
import { searchFunctions } from './searching.ts';
import { substitutionFunctions } from './substitution.ts';

export const stringFunctions: readonly LuaFunction[] = [
  ...basicFunctions,
  ...searchFunctions,
  ...substitutionFunctions,
  format,
];

/** Gives strings their methods. */
export function openStringMetatable(state: State, library: LuaTable): void {
  const meta = new LuaTable();
  meta.set('__index', library);
  state.stringMetatable = meta;
}
