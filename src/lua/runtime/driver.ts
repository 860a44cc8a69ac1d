import type { LuaError } from '../values/error.ts';
import { CALL as CALL_EVENT } from '../values/events.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { setDeepRunner } from './closures.ts';
import { callError, runtimeError, stackOverflow } from './errors.ts';
import { startGenerator } from './generators.ts';
import { metamethod } from './metatables.ts';
import { nestingLimit } from './nesting.ts';
import { R } from './registers.ts';
import { CALL, RESUME, type Request, type Resumable, TAIL_GENERATOR, YIELD } from './requests.ts';
import { settle, several } from './results.ts';
import type { Thread, ThreadRunner } from './thread.ts';

/** Answer of `begin` when the function runs as a generator that is now on top of the thread's stack. */
const PUSHED = Symbol('pushed');
/** Answer of `begin` when the function was `coroutine.yield`: `R.args` are the values. */
const YIELDING = Symbol('yielding');
type Begun = LuaResult | typeof PUSHED | typeof YIELDING;

/** Starts the call of `R.callee` with `R.args` on a thread: a generator is pushed, anything else runs to its end. */
function begin(thread: Thread): Begun {
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
    if (native === undefined) {
      thread.stack.push(startGenerator(f, args));
      return PUSHED;
    }
    if (native.isYield) {
      R.args = args;
      return YIELDING;
    }
    if (native.resumable !== undefined) {
      thread.catching.push(thread.stack.length);
      thread.stack.push(native.resumable(...args) as Resumable);
      return PUSHED;
    }
    const result = f(...args);
    if (result !== null) return result;
    if (R.count >= 0) {
      settle();
      return null;
    }
  }
}

/** Takes the top generator off a thread's stack. */
function pop(thread: Thread): void {
  const { stack, catching } = thread;
  stack.pop();
  if (catching[catching.length - 1] === stack.length) catching.pop();
}

/** Makes a coroutine the running one. */
function switchTo(target: Thread): void {
  const { state } = R;
  const resumer = state.current;
  resumer.status = 'normal';
  resumer.top = R.top;
  target.resumer = resumer;
  target.depth = resumer.depth + 1;
  target.status = 'running';
  state.current = target;
  R.top = target.top;
}

/** Makes the one that resumed the running coroutine the running one again. */
function switchBack(from: Thread, status: 'suspended' | 'dead'): Thread {
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
function enter(thread: Thread, args: LuaValue[]): Begun {
  const { body } = thread;
  if (body === undefined) return several(args);
  thread.body = undefined;
  R.callee = body;
  R.args = args;
  return begin(thread);
}

/** What the generators of a stack came to: the lowest has returned, or one wants something. */
const RETURNED = -1;

/**
 * Runs the generators of a thread above `floor`, and of the coroutines they resume, until the lowest of them returns,
 * or the thread itself yields where it may (its status is then `suspended`).
 */
class Runner implements ThreadRunner {
  readonly #thread: Thread;
  readonly #floor: number;
  readonly #mayYield: boolean;
  #current: Thread;
  #input: LuaResult = undefined;
  #failed = false;
  #failure: unknown = undefined;
  /** A generator is running, so an error has ended it. */
  #inside = false;

  constructor(thread: Thread, floor: number, mayYield: boolean) {
    this.#thread = thread;
    this.#current = thread;
    this.#floor = floor;
    this.#mayYield = mayYield;
  }

  /** Starts or continues the thread, which has just been switched to. */
  enter(args: LuaValue[]): LuaResult {
    this.#current = this.#thread;
    this.#failed = false;
    if (this.#thread.body === undefined && this.#thread.stack.length > 0) {
      this.#input = several(args);
      return this.#run();
    }
    return this.#accept(enter(this.#thread, args)) ? this.#input : this.#run();
  }

  /** Makes the call in `R.callee` and `R.args` on top of the thread's stack. */
  call(): LuaResult {
    return this.#accept(begin(this.#thread)) ? this.#input : this.#run();
  }

  #run(): LuaResult {
    let isOver = false;
    while (!isOver) {
      try {
        while (!isOver) isOver = this.#serve(this.#failed ? this.#throw() : this.#spin(this.#input));
      } catch (error) {
        this.#fail(error);
      }
    }
    return this.#input;
  }

  /**
   * Lets generators run and call each other until one asks for something else, or the lowest returns. The hot loop of
   * all code in coroutines.
   */
  #spin(first: LuaResult): Request | typeof RETURNED {
    const { stack, catching } = this.#current;
    const floor = this.#current === this.#thread ? this.#floor : 0;
    let generator = stack[stack.length - 1] as Resumable;
    let input = first;
    this.#inside = true;
    for (;;) {
      const { value, done } = generator.next(input);
      if (done !== true) {
        if (typeof value === 'number') {
          this.#inside = false;
          return value;
        }
        stack.push(value);
        generator = value;
        input = undefined;
      } else if (value === null && R.count === TAIL_GENERATOR) {
        R.count = 0;
        generator = R.generator as Resumable;
        stack[stack.length - 1] = generator;
        input = undefined;
      } else {
        stack.pop();
        if (catching.length > 0 && catching[catching.length - 1] === stack.length) catching.pop();
        this.#inside = false;
        if (stack.length === floor || (value === null && R.count < 0)) {
          this.#input = value;
          return RETURNED;
        }
        this.#inside = true;
        input = value;
        generator = stack[stack.length - 1] as Resumable;
      }
    }
  }

  /** Hands an error to the top generator, which may catch it. */
  #throw(): Request | typeof RETURNED {
    const thread = this.#current;
    const generator = thread.stack[thread.stack.length - 1] as Resumable;
    this.#failed = false;
    this.#inside = true;
    const { value, done } = generator.throw(this.#failure);
    this.#inside = false;
    if (done !== true) {
      if (typeof value === 'number') return value;
      thread.stack.push(value);
      this.#input = undefined;
      return this.#spin(undefined);
    }
    pop(thread);
    this.#input = value;
    return RETURNED;
  }

  /** Does what a generator has asked for; true when the run is over. */
  #serve(request: Request | typeof RETURNED): boolean {
    const thread = this.#current;
    switch (request) {
      case RETURNED:
        return this.#input === null && R.count < 0 ? this.#accept(begin(thread)) : this.#deliver(this.#input);
      case CALL: {
        const result = begin(thread);
        if (result === YIELDING) return this.#yield(thread);
        this.#input = result === PUSHED ? undefined : result;
        return false;
      }
      case YIELD:
        return this.#yield(thread);
      default:
        return this.#resume();
    }
  }

  /** Takes the answer of `begin` for a call that nobody on the stack waits for; true when the run is over. */
  #accept(result: Begun): boolean {
    if (result === YIELDING) return this.#yield(this.#current);
    if (result !== PUSHED) return this.#deliver(result);
    this.#input = undefined;
    return false;
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
    if (typeof result === 'symbol' || target.stack.length === 0) return this.#accept(result);
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
      const { stack, catching } = thread;
      const floor = thread === this.#thread ? this.#floor : 0;
      const target = catching[catching.length - 1] ?? -1;
      if (target >= floor) {
        stack.length = target + 1;
        return;
      }
      stack.length = floor;
      if (thread === this.#thread) throw error;
      this.#current = switchBack(thread, 'dead');
    }
  }
}

export const yieldError = (): LuaError => runtimeError('attempt to yield across C-call boundary');

/** Calls a Lua function as a generator on the running thread. What it calls cannot be suspended. */
function runDeep(fn: LuaFunction, args: LuaValue[]): LuaResult {
  const thread = R.state.current;
  const { tails } = R;
  enterNesting();
  R.callee = fn;
  R.args = args;
  const result = new Runner(thread, thread.stack.length, false).call();
  R.nesting--;
  R.tails = tails;
  return result;
}

setDeepRunner(runDeep);

/** Counts one more level of JavaScript functions that run Lua. @throws LuaError when there is no room left */
function enterNesting(): void {
  if (R.nesting >= nestingLimit) throw stackOverflow();
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
    target.runner ??= new Runner(target, 0, true);
    const value = target.runner.enter(args);
    switchBack(target, target.status === 'running' ? 'dead' : 'suspended');
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
