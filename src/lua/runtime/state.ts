import { LuaTable } from '../values/table.ts';
import { type Budget, checkMemory, grant, type Limits, makeBudget, usedMemory } from './limits.ts';
import { R } from './registers.ts';
import { Thread } from './thread.ts';

/** Plain Lua calls that may be on JavaScript's stack before calls continue as generators: fits 984 kB. */
export const plainCalls = 200;

/** What a Lua program may see of the process. */
export interface Host {
  /** Writes to standard output or error. */
  readonly write: (stream: 'stdout' | 'stderr', bytes: string) => void;
  /** Ends the process on `os.exit`. */
  readonly exit: (code: number) => void;
}

/** A Lua world: globals, metatables of the basic types, threads. */
export class State {
  readonly globals = new LuaTable();
  readonly registry = new LuaTable();
  readonly main: Thread;
  current: Thread;
  stringMetatable: LuaTable | undefined = undefined;
  /** Metatables of types that share one, by name of the type. */
  readonly typeMetatables = new Map<string, LuaTable>();
  readonly host: Host;
  limits: Limits;
  /** Bytes the heap had when the state was made, or less when some of it was garbage. */
  heapAtStart: number;
  budget: Budget;
  /** Entries from the host that are under way. */
  entries = 0;

  /** Whether the host's own call is no level of the stack. */
  readonly isEmbedded: boolean;

  constructor(host: Host, limits: Limits, stackCalls: number, isEmbedded: boolean) {
    this.main = new Thread(undefined, this.globals, stackCalls);
    this.current = this.main;
    this.host = host;
    this.isEmbedded = isEmbedded;
    this.limits = limits;
    this.heapAtStart = limits.memory === undefined ? 0 : usedMemory();
    this.budget = makeBudget(limits);
  }
}

/** Runs host code that calls Lua functions of a state. An entry that is not nested gets the whole time and steps. */
export function enter<T>(state: State, run: () => T): T {
  if (R.state === state && state.entries > 0) return run();
  const saved = { ...R };
  const { current } = state;
  const { top } = current;
  R.state = state;
  R.top = top;
  R.tails = 0;
  R.nesting = saved.nesting;
  state.entries++;
  state.budget = makeBudget(state.limits);
  try {
    grant(state.budget, 0);
    checkMemory(0);
    return run();
  } finally {
    state.entries--;
    state.current = current;
    // It has been set to frames of this entry where a coroutine was resumed.
    current.top = top;
    state.main.stack.length = 0;
    state.main.catching.length = 0;
    Object.assign(R, saved);
  }
}
