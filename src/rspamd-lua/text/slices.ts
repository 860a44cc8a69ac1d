import { checkInteger, type LuaValue, optionalInteger } from '../../lua/index.ts';

/** Offsets, from 0 and behind the end, that two position arguments name as `string.sub` counts them. */
export function sliceOf(
  args: readonly LuaValue[],
  index: number,
  length: number,
): { readonly start: number; readonly end: number } {
  return {
    start: startOf(checkInteger(args, index), length) - 1,
    end: endOf(optionalInteger(args, index + 1, -1), length),
  };
}

/** rspamd: src/lua/lua_text.c:relative_pos_start */
export function startOf(position: number, length: number): number {
  if (position > 0) return position;
  return position === 0 || position < -length ? 1 : length + position + 1;
}

/** rspamd: src/lua/lua_text.c:relative_pos_end */
export function endOf(position: number, length: number): number {
  if (position > length) return length;
  if (position >= 0) return position;
  return position < -length ? 0 : length + position + 1;
}
