import type { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import type { Prototype } from './prototype.ts';
import { Frame, queryFrame, R } from './registers.ts';

/** What a Lua function tells of itself. */
export interface Closure {
  readonly prototype: Prototype;
  readonly environment: LuaTable;
  /** Upvalues in the prototype's order: a Box for one that is assigned somewhere, else its value. */
  readonly upvalues: readonly unknown[];
  readonly setEnvironment: (environment: LuaTable) => void;
}

export type Describe = () => readonly [Prototype, LuaTable, readonly unknown[], (environment: LuaTable) => void];

let described: Closure | undefined;
let runDeep: (fn: LuaFunction, args: LuaValue[]) => LuaResult;

/** Says how a function is run when no more plain calls fit on the stack. Set once by the thread runner. */
export function setDeepRunner(run: typeof runDeep): void {
  runDeep = run;
}

/** Entry of a Lua function that found no frame for itself. */
export function trap(fn: LuaFunction, args: LuaValue[], describe: Describe): LuaResult {
  const { top } = R;
  if (top === queryFrame) {
    const [prototype, environment, upvalues, setEnvironment] = describe();
    described = { prototype, environment, upvalues, setEnvironment };
    return undefined;
  }
  if (top.budget === 0) return runDeep(fn, args);
  top.next = new Frame(top, top.budget - 1, top.stack + 8);
  return fn(...args);
}

/** Describes a function compiled from Lua; undefined for one written in JavaScript. */
export function closureOf(fn: LuaFunction): Closure | undefined {
  if (fn.native !== undefined) return undefined;
  const { top } = R;
  R.top = queryFrame;
  try {
    fn();
  } finally {
    R.top = top;
  }
  const closure = described;
  described = undefined;
  return closure;
}
