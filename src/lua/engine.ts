import { writeSync } from 'node:fs';
import { loadChunk, loadFile } from './lib/base/loading.ts';
import { makeThread } from './lib/coroutine.ts';
import { plainText } from './lib/identity.ts';
import { openLibraries } from './lib/open.ts';
import { currentLine, isMain, type Level, levelsFrom, levelsOfFailed, traceback } from './lib/traceback.ts';
import { call, enterFailed } from './runtime/calls.ts';
import { caught } from './runtime/caught.ts';
import { resume } from './runtime/driver.ts';
import { setEnvironment } from './runtime/generators.ts';
import type { Limits } from './runtime/limits.ts';
import { R } from './runtime/registers.ts';
import { resultList } from './runtime/results.ts';
import { prototypeOf } from './runtime/stack.ts';
import { enter, type Host, plainCalls, State } from './runtime/state.ts';
import type { Thread } from './runtime/thread.ts';
import type { LuaTable } from './values/table.ts';
import type { LuaFunction, LuaValue } from './values/types.ts';

/** A function that was running when an error was raised. */
export interface StackLevel {
  /** Short name of the chunk, `[C]` for a function of the host. */
  readonly source: string;
  /** -1 for a function of the host. */
  readonly line: number;
  readonly name: string | undefined;
  readonly kind: 'Lua' | 'main' | 'C';
}

/** An error that Lua code raised and did not catch, or a chunk that does not compile. */
export class LuaScriptError extends Error {
  /** What was raised: any Lua value. */
  readonly value: LuaValue;
  /** Innermost function first. */
  readonly levels: readonly StackLevel[];
  readonly traceback: string;
  constructor(value: LuaValue, levels: readonly StackLevel[], text: string) {
    super(plainText(value));
    this.name = 'LuaScriptError';
    this.value = value;
    this.levels = levels;
    this.traceback = text;
  }
}

function describe(level: Level): StackLevel {
  const prototype = level.frame === undefined ? undefined : prototypeOf(level.frame);
  const name = level.name?.name;
  if (prototype === undefined) return { source: '[C]', line: -1, name, kind: 'C' };
  const kind = isMain(prototype) ? 'main' : 'Lua';
  return { source: prototype.chunk.shortName, line: currentLine(level), name, kind };
}

/** What is thrown to the host instead of an error of Lua's; to be called before the frames are dropped. */
function hostError(error: unknown, dead: Thread | undefined): unknown {
  let value: LuaValue;
  try {
    ({ value } = caught(error));
  } catch {
    return error; // not an error of the program
  }
  if (dead === undefined) enterFailed();
  const levels = dead === undefined ? levelsFrom(R.top) : levelsOfFailed(dead);
  return new LuaScriptError(value, levels.map(describe), traceback(plainText(value), levels, 0));
}

function writeFd(fd: number, bytes: string): void {
  const buffer = Buffer.from(bytes, 'latin1');
  for (let done = 0; done < buffer.length; ) done += writeSync(fd, buffer, done);
}

const processHost: Host = {
  write: (stream, bytes) => writeFd(stream === 'stdout' ? 1 : 2, bytes),
  exit: (code) => process.exit(code),
};

export interface LuaOptions {
  readonly limits?: Limits;
  /** What differs from the process's own output and exit. */
  readonly host?: Partial<Host>;
  /**
   * Nested Lua calls that run on JavaScript's stack (200); deeper ones are slower and take memory instead. Worth raising
   * on a thread with a large stack: a call takes some 300 bytes, one with many variables 2 kB.
   */
  readonly stackCalls?: number;
  /**
   * Whether the call of the host is no level of the stack, as in a daemon that calls `lua_pcall` from C. With the program
   * `luajit` it is one, which is the default.
   */
  readonly isEmbedded?: boolean;
}

/** State of a coroutine after it has been resumed. */
export interface Resumed {
  readonly status: 'suspended' | 'dead';
  /** What it yielded, or returned. */
  readonly values: readonly LuaValue[];
}

/**
 * A Lua world of its own: globals, loaded modules, limits. Worlds do not share anything mutable. All calls run at once
 * and to their end on the calling thread, unless a coroutine suspends itself.
 */
export class Lua {
  readonly #state: State;

  constructor(options: LuaOptions = {}) {
    this.#state = new State(
      { ...processHost, ...options.host },
      options.limits ?? {},
      options.stackCalls ?? plainCalls,
      options.isEmbedded ?? false,
    );
    openLibraries(this.#state);
  }

  get globals(): LuaTable {
    return this.#state.globals;
  }

  get registry(): LuaTable {
    return this.#state.registry;
  }

  /** `package.loaded` */
  get loaded(): LuaTable {
    return this.#state.registry.get('_LOADED') as LuaTable;
  }

  /** `package.preload`: functions by module name that `require` calls with the name. */
  get preload(): LuaTable {
    return (this.globals.get('package') as LuaTable).get('preload') as LuaTable;
  }

  /** Metatable that all strings share. */
  get stringMetatable(): LuaTable | undefined {
    return this.#state.stringMetatable;
  }

  /** Limits of the entries that follow. */
  set limits(limits: Limits) {
    this.#state.limits = limits;
  }

  get limits(): Limits {
    return this.#state.limits;
  }

  #enter<T>(run: () => T, thread?: Thread): T {
    return enter(this.#state, () => {
      const { top, tails, nesting } = R;
      try {
        return run();
      } catch (error) {
        const thrown = hostError(error, thread);
        R.top = top;
        R.tails = tails;
        R.nesting = nesting;
        throw thrown;
      }
    });
  }

  /**
   * Compiles a chunk.
   * @param source text as a byte string
   * @param name `@path`, `=shown name`, or the text itself
   * @throws LuaScriptError with LuaJIT's message
   */
  load(source: string, name: string, environment?: LuaTable): LuaFunction {
    return this.#enter(() => {
      const fn = loadChunk(source, name, 't');
      if (environment !== undefined) setEnvironment(fn, environment);
      return fn;
    });
  }

  loadFile(path: string): LuaFunction {
    return this.#enter(() => loadFile(path, 't'));
  }

  /**
   * Calls a value with arguments and returns all results.
   * @throws LuaScriptError for an error of the program, LuaInterrupt when it was stopped
   */
  call(f: LuaValue, ...args: LuaValue[]): LuaValue[] {
    return this.#enter(() => resultList(call(f, ...args)));
  }

  /** Compiles and runs a chunk. */
  run(source: string, name: string, ...args: LuaValue[]): LuaValue[] {
    return this.call(this.load(source, name), ...args);
  }

  /** A coroutine that will run a function; see `resume`. */
  coroutine(fn: LuaFunction): Thread {
    return makeThread(fn, this.globals);
  }

  /**
   * Starts or continues a coroutine.
   * @throws LuaScriptError when its code raises an error; it is dead then
   */
  resume(thread: Thread, ...args: LuaValue[]): Resumed {
    if (thread.status !== 'suspended') throw new TypeError(`cannot resume a ${thread.status} coroutine`);
    const values = this.#enter(() => resultList(resume(thread, args)), thread);
    return { status: thread.status === 'suspended' ? 'suspended' : 'dead', values };
  }

  /** The coroutine whose code is running; undefined when the main program is. */
  get running(): Thread | undefined {
    const { current, main } = this.#state;
    return current === main ? undefined : current;
  }

  /** The text of a value as Lua's `tostring` makes it, metamethods included. */
  toText(value: LuaValue): string {
    const [text] = this.call(this.globals.get('tostring'), value);
    return typeof text === 'string' ? text : plainText(text);
  }
}
