import type { MacroHandler } from '../context.ts';
import { eachParameter } from './arguments.ts';

/** `.priority N`: from here to the end of the file (rspamd: contrib/libucl/ucl_util.c:ucl_priority_handler). */
export const setPriority: MacroHandler = (call, file) => {
  let priority: bigint | undefined;
  eachParameter(call.arguments, { int: ['priority'] }, (_name, value) => {
    if (value.type === 'int') priority = value.value;
  });
  if (call.value !== '') {
    if (!/^\s*[+-]?\d+$/.test(call.value)) {
      const hint = 'write `.priority 5`, or `.priority(priority=5) "";`';
      return { message: `Invalid priority value in macro: ${call.value}`, hint };
    }
    priority = clampToLong(BigInt(call.value.trim().replace(/^\+/, '')));
  }
  if (priority === undefined) return { message: 'Unable to parse priority macro', hint: 'write `.priority 5`' };
  file.priority = Number(priority & 15n);
  return undefined;
};

/** What C's strtol makes of a number that does not fit. */
export function clampToLong(value: bigint): bigint {
  const largest = 2n ** 63n - 1n;
  return value > largest ? largest : value < -largest - 1n ? -largest - 1n : value;
}
