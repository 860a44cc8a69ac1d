import { CALL as CALL_EVENT } from '../values/events.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { setDeepRunner } from './closures.ts';
import { callError, runtimeError } from './errors.ts';
import { generatorOf } from './generators.ts';
import { metamethod } from './metatables.ts';
import { nestingLimit } from './nesting.ts';
import { R } from './registers.ts';
import { CALL, RESUME, type Resumable, YIELD } from './requests.ts';
import { settle, several } from './results.ts';
import type { Thread } from './thread.ts';

/** Answer of `begin` when the function runs as a generator that is now on top of the thread's stack. */
const PUSHED = Symbol('pushed');

function push(thread: Thread, generator: Resumable, catches: boolean): typeof PUSHED {
  thread.stack.push(generator);
  thread.catches.push(catches);
  return PUSHED;
}

function pop(thread: Thread): void {
  thread.stack.pop();
  thread.catches.pop();
}

/** Starts the call of `R.callee` with `R.args` on a thread: a generator is pushed, anything else runs to its end. */
function begin(thread: Thread): LuaResult | typeof PUSHED {
  for (;;) {
    const { callee, args } = R;
    let f = callee as LuaFunction;
    if (typeof callee !== 'function') {
      const found = metamethod(callee, CALL_EVENT);
      if (typeof found !== 'function') throw callError(callee);
      f = found;
      args.unshift(callee);
    }
    const { native } = f;
    if (native === undefined) return push(thread, (f.generator ?? generatorOf(f))(...args) as Resumable, false);
    if (native.resumable !== undefined) return push(thread, native.resumable(...args) as Resumable, true);
    const result = f(...args);
    if (result !== null) return result;
    if (R.count >= 0) {
      settle();
      return null;
    }
  }
}

/** Makes a coroutine the running one. */
export function switchTo(target: Thread): void {
  const { state } = R;
  const resumer = state.current;
  resumer.status = 'normal';
  resumer.top = R.top;
  target.resumer = resumer;
  target.status = 'running';
  state.current = target;
  R.top = target.top;
}

/** Makes the one that resumed the running coroutine the running one again. */
export function switchBack(from: Thread, status: 'suspended' | 'dead'): Thread {
  const resumer = from.resumer as Thread;
  from.status = status;
  from.top = R.top;
  from.resumer = undefined;
  resumer.status = 'running';
  R.state.current = resumer;
  R.top = resumer.top;
  return resumer;
}

/** Starts or continues a coroutine that has just been switched to. */
function enter(thread: Thread, args: LuaValue[]): LuaResult | typeof PUSHED {
  const { body } = thread;
  if (body === undefined) return several(args);
  thread.body = undefined;
  R.callee = body;
  R.args = args;
  return begin(thread);
}

/**
 * Runs the generators of a thread above `floor`, and of the coroutines they resume, until the lowest of them returns,
 * or the thread itself yields where it may (its status is then `suspended`).
 */
class Runner {
  readonly #thread: Thread;
  readonly #floor: number;
  readonly #mayYield: boolean;
  #current: Thread;
  #input: LuaResult = undefined;
  #failed = false;
  #failure: unknown = undefined;
  /** The top generator is running, so an error has ended it. */
  #inside = false;

  constructor(thread: Thread, floor: number, mayYield: boolean) {
    this.#thread = thread;
    this.#current = thread;
    this.#floor = floor;
    this.#mayYield = mayYield;
  }

  /** @param start makes the first call; its answer is that of `begin` */
  run(start: () => LuaResult | typeof PUSHED): LuaResult {
    let isOver = false;
    let starting: typeof start | undefined = start;
    while (!isOver) {
      try {
        if (starting !== undefined) {
          const first = starting;
          starting = undefined;
          isOver = this.#accept(first());
        }
        while (!isOver) isOver = this.#advance();
      } catch (error) {
        this.#fail(error);
      }
    }
    return this.#input;
  }

  /** Takes the answer of `begin` for a call that nobody on the stack waits for; true when the run is over. */
  #accept(result: LuaResult | typeof PUSHED): boolean {
    if (result !== PUSHED) return this.#deliver(result);
    this.#input = undefined;
    return false;
  }

  /** Lets the top generator run to its next request; true when the run is over. */
  #advance(): boolean {
    const thread = this.#current;
    const generator = thread.stack[thread.stack.length - 1] as Resumable;
    this.#inside = true;
    const step = this.#failed ? this.#throwInto(generator) : generator.next(this.#input);
    this.#inside = false;
    if (step.done === true) {
      pop(thread);
      const { value } = step;
      return value !== null || R.count >= 0 ? this.#deliver(value) : this.#accept(begin(thread));
    }
    if (step.value === CALL) {
      const result = begin(thread);
      this.#input = result === PUSHED ? undefined : result;
      return false;
    }
    return step.value === YIELD ? this.#yield(thread) : this.#resume();
  }

  #throwInto(generator: Resumable): IteratorResult<number, LuaResult> {
    this.#failed = false;
    return generator.throw(this.#failure);
  }

  /** Hands the result of an ended call to whoever waits for it; true when that is the run's own caller. */
  #deliver(value: LuaResult): boolean {
    this.#input = value;
    const thread = this.#current;
    if (thread === this.#thread) return thread.stack.length === this.#floor;
    if (thread.stack.length === 0) this.#current = switchBack(thread, 'dead');
    return false;
  }

  #yield(thread: Thread): boolean {
    const { args } = R;
    if (thread === this.#thread) {
      if (!this.#mayYield) throw yieldError();
      thread.status = 'suspended';
      thread.top = R.top;
      this.#input = several(args);
      return true;
    }
    this.#current = switchBack(thread, 'suspended');
    this.#input = several(args);
    return false;
  }

  #resume(): boolean {
    const { args } = R;
    const target = R.callee as Thread;
    switchTo(target);
    this.#current = target;
    const result = enter(target, args);
    // a value for a generator that waits in its yield, unless the body is over already
    if (result === PUSHED || target.stack.length === 0) return this.#accept(result);
    this.#input = result;
    return false;
  }

  /** Takes an error up to the next generator that may catch it, or out of the run. */
  #fail(error: unknown): void {
    this.#failed = true;
    this.#failure = error;
    if (this.#inside) pop(this.#current);
    this.#inside = false;
    for (;;) {
      const thread = this.#current;
      const floor = thread === this.#thread ? this.#floor : 0;
      while (thread.stack.length > floor && !thread.catches[thread.stack.length - 1]) pop(thread);
      if (thread.stack.length > floor) return;
      if (thread === this.#thread) throw error;
      this.#current = switchBack(thread, 'dead');
    }
  }
}

export const yieldError = () => runtimeError('attempt to yield across C-call boundary');

/** Calls a Lua function as a generator on the running thread. What it calls cannot be suspended. */
function runDeep(fn: LuaFunction, args: LuaValue[]): LuaResult {
  const thread = R.state.current;
  const { tails } = R;
  enterNesting();
  R.callee = fn;
  R.args = args;
  const result = new Runner(thread, thread.stack.length, false).run(() => begin(thread));
  R.nesting--;
  R.tails = tails;
  return result;
}

setDeepRunner(runDeep);

/** Counts one more level of JavaScript functions that run Lua. @throws LuaError when there is no room left */
export function enterNesting(): void {
  if (R.nesting >= nestingLimit) throw runtimeError('stack overflow');
  R.nesting++;
}

/**
 * Resumes a suspended coroutine from plain code and returns what it yields or returns.
 * Its status tells which of both it was.
 */
export function resume(target: Thread, args: LuaValue[]): LuaResult {
  const { nesting, tails } = R;
  enterNesting();
  switchTo(target);
  try {
    const value = new Runner(target, 0, true).run(() => enter(target, args));
    const status = target.status === 'running' ? 'dead' : 'suspended';
    switchBack(target, status);
    return value;
  } catch (error) {
    switchBack(target, 'dead');
    throw error;
  } finally {
    R.nesting = nesting;
    R.tails = tails;
  }
}

/** Resumes a suspended coroutine from generator code. */
export function* resumeResumable(target: Thread, args: LuaValue[]): Resumable {
  R.callee = target;
  R.args = args;
  return yield RESUME;
}
