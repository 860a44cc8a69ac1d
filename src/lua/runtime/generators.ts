import type { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import { closureOf } from './closures.ts';
import { stackOverflow } from './errors.ts';
import { Frame, generatorFrame, R } from './registers.ts';
import type { Resumable } from './requests.ts';
import { plainBelowGenerator, type Thread } from './thread.ts';

/** Stack slots of a thread, as LuaJIT counts them (luajit: src/luaconf.h, LUAI_MAXSTACK). */
const stackLimit = 65_500;

/** Calls a Lua function in generator form: nothing of it runs yet. */
export function startGenerator(fn: LuaFunction, args: LuaValue[]): Resumable {
  const { top } = R;
  R.top = generatorFrame;
  const generator = fn(...args) as unknown as Resumable;
  R.top = top;
  return generator;
}

/** Changes the environment of a Lua function, and of its calls in generator form that are under way. */
export function setEnvironment(fn: LuaFunction, environment: LuaTable): boolean {
  const closure = closureOf(fn);
  if (closure === undefined) return false;
  closure.setEnvironment(environment);
  let top: Frame | null = R.top;
  for (let thread: Thread | undefined = R.state.current; thread !== undefined; thread = thread.resumer) {
    for (let frame = top; frame !== null; frame = frame.previous) {
      if (frame.fn === fn) frame.environment = environment;
    }
    top = thread.resumer?.top ?? null;
  }
  return true;
}

/**
 * Takes the frame of a function in generator form.
 * @param slots LuaJIT stack slots its own calls are away from it
 */
export function enterGenerator(fn: LuaFunction, environment: LuaTable | undefined, slots: number): Frame {
  const { top } = R;
  let frame = top.more;
  if (frame === null) {
    frame = new Frame(top, plainBelowGenerator, 0);
    top.more = frame;
  }
  frame.stack = top.stack + slots;
  if (frame.stack > stackLimit) throw stackOverflow();
  frame.fn = fn;
  frame.environment = environment;
  R.top = frame;
  return frame;
}
