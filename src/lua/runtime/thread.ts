import { LuaObject } from '../values/object.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { Frame } from './registers.ts';
import type { Resumable } from './requests.ts';

/** Plain calls that may be stacked on a generator's frame before code below continues in generator form, too. */
export const plainBelowGenerator = 16;

export type ThreadStatus = 'suspended' | 'running' | 'normal' | 'dead';

/** What runs a thread (runtime/driver.ts). */
export interface ThreadRunner {
  enter(args: LuaValue[]): LuaResult;
}

/** A coroutine, or the main thread of a state. Its calls in generator form are a list, not JavaScript's stack. */
export class Thread extends LuaObject {
  status: ThreadStatus;
  /** Function it starts with; undefined for a main thread and once it has started. */
  body: LuaFunction | undefined;
  readonly base: Frame;
  /** Its topmost frame while it does not run. */
  top: Frame;
  readonly stack: Resumable[] = [];
  /** Indices of generators of the stack that were written in JavaScript and may catch errors. */
  readonly catching: number[] = [];
  resumer: Thread | undefined = undefined;
  /** Threads that wait for it, while it runs. */
  depth = 0;
  /** Runs the thread when plain code resumes it. */
  runner: ThreadRunner | undefined = undefined;
  /** What `getfenv(0)` shows; chunks loaded in this thread get it as their environment. */
  environment: LuaTable;

  constructor(body: LuaFunction | undefined, environment: LuaTable, plainFrames: number) {
    super();
    this.environment = environment;
    this.status = body === undefined ? 'running' : 'suspended';
    this.body = body;
    this.base = new Frame(null, plainFrames, 0);
    this.top = this.base;
  }

  get luaType(): 'thread' {
    return 'thread';
  }
}
