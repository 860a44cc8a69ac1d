import type { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import type { Resumable } from './requests.ts';
import type { State } from './state.ts';

/**
 * A call in progress. Frames form a chain that is built once and used again: a function takes `top.next` for itself.
 * The chain of plain JavaScript calls is short; where it ends (`next` is null) the function goes through `trap`, which
 * lengthens it or continues in generator form, whose frames hang on `more`.
 */
export class Frame {
  readonly previous: Frame | null;
  next: Frame | null = null;
  more: Frame | null = null;
  /** The function that runs in this frame; undefined for the host. */
  fn: LuaFunction | undefined = undefined;
  /** Where it stands: number of a call site, or ~number of an operator's site (emit/sites.ts). */
  site = 0;
  /** How many plain frames may still be chained to this one. */
  readonly budget: number;
  /** LuaJIT stack slots below this frame. */
  stack: number;
  /** Environment of a call in generator form. */
  environment: LuaTable | undefined = undefined;

  constructor(previous: Frame | null, budget: number, stack: number) {
    this.previous = previous;
    this.budget = budget;
    this.stack = stack;
  }
}

/** A frame that no function can be called from: a Lua function called on top of it describes itself instead. */
export const queryFrame = new Frame(null, 0, 0);

/** The same for a Lua function that is to answer with its generator, without running. */
export const generatorFrame = new Frame(null, 0, 0);

export interface Registers {
  /** Frame of the running function. */
  top: Frame;
  state: State;
  /** Loop rounds and calls until the limits are looked at again. */
  fuel: number;
  /** Bytes that may be allocated until the memory limit is looked at again, roughly. */
  memory: number;
  /** Number of results after a function has returned null; -1: `callee` is to be called with `args` instead. */
  count: number;
  first: LuaValue;
  second: LuaValue;
  third: LuaValue;
  /** All results when there are more than three. */
  results: LuaValue[];
  callee: LuaValue;
  args: LuaValue[];
  /** Generator that takes the place of one that ends in a tail call. */
  generator: Resumable | undefined;
  /** Tail calls on the JavaScript stack. */
  tails: number;
  /** JavaScript functions on the stack that run Lua code below them. */
  nesting: number;
}

/** Shared by everything that runs Lua: one program runs at a time. Whoever enters from outside saves and restores. */
export const R: Registers = {
  top: queryFrame,
  state: undefined as unknown as State, // set on every entry (runtime/state.ts, enter)
  fuel: 0,
  memory: 0,
  count: 0,
  first: undefined,
  second: undefined,
  third: undefined,
  results: [],
  callee: undefined,
  args: [],
  generator: undefined,
  tails: 0,
  nesting: 0,
};
