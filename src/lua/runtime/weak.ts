import { MODE } from '../values/events.ts';
import type { LuaTable } from '../values/table.ts';
import { R } from './registers.ts';

let hasWeak = false;

/** Makes a table weak or strong as its new metatable asks. A `__mode` that is set later goes unnoticed. */
export function applyMode(table: LuaTable, meta: LuaTable | undefined): void {
  const mode = meta?.getEvent(MODE);
  const wanted = typeof mode === 'string' && /[kv]/.test(mode) ? mode : undefined;
  if (wanted === undefined && table.weak === undefined) return;
  hasWeak = true;
  table.setMode(wanted);
}

/** Whether a collection can make a difference that a program sees. */
export const hasWeakTables = (): boolean => hasWeak;

/** Forgets what registers and unused frames still hold of finished calls. */
export function clearRegisters(): void {
  R.first = R.second = R.third = R.callee = undefined;
  R.results = [];
  R.args = [];
  for (let frame = R.top.next; frame !== null; frame = frame.next) frame.fn = undefined;
}
