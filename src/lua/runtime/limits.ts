import { getHeapStatistics } from 'node:v8';
import { LuaError } from '../values/error.ts';
import { R } from './registers.ts';

/** What a program may use. Absent fields are unlimited. */
export interface Limits {
  /** Milliseconds that one entry from the host may run. */
  readonly time?: number | undefined;
  /** Loop rounds and calls that one entry from the host may make. */
  readonly steps?: number | undefined;
  /** Bytes that the JavaScript heap may grow by while the state lives, roughly. */
  readonly memory?: number | undefined;
}

/** A program that was stopped because it used up its time or steps. Lua code cannot catch it. */
export class LuaInterrupt extends Error {
  readonly reason: 'time' | 'steps' | 'memory';
  constructor(reason: 'time' | 'steps' | 'memory', text: string) {
    super(text);
    this.name = 'LuaInterrupt';
    this.reason = reason;
  }
}

const stepsBetweenChecks = 20_000;
const bytesBetweenChecks = 8 << 20;

/** Consumption of one entry from the host. */
export interface Budget {
  /** Time of `performance.now()` at which it ends. */
  readonly deadline: number;
  stepsLeft: number;
  /** Steps handed out through `R.fuel` and not yet looked at. */
  granted: number;
}

export function makeBudget(limits: Limits): Budget {
  return {
    deadline: limits.time === undefined ? Number.POSITIVE_INFINITY : performance.now() + limits.time,
    stepsLeft: limits.steps ?? Number.POSITIVE_INFINITY,
    granted: 0,
  };
}

/** Hands out the next portion of steps. */
export function grant(budget: Budget): void {
  budget.granted = Math.min(stepsBetweenChecks, budget.stepsLeft);
  budget.stepsLeft -= budget.granted;
  R.fuel = budget.granted;
}

/** Called when `R.fuel` is used up. @throws LuaInterrupt when the program has to stop */
export function tick(): void {
  const { budget } = R.state;
  if (budget.stepsLeft <= 0) {
    R.fuel = 0;
    throw new LuaInterrupt('steps', 'Lua code was stopped: step limit reached');
  }
  if (performance.now() > budget.deadline) {
    R.fuel = 0;
    throw outOfTime();
  }
  grant(budget);
}

export function outOfTime(): LuaInterrupt {
  return new LuaInterrupt('time', 'Lua code was stopped: time limit reached');
}

/** Milliseconds that the program may still run, at least 1; undefined where it is not limited. */
export function timeLeft(): number | undefined {
  const { deadline } = R.state.budget;
  return deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(1, Math.ceil(deadline - performance.now()));
}

/** Notes bytes that a program has just allocated. */
export function allocated(bytes: number): void {
  R.memory -= bytes;
  if (R.memory < 0) checkMemory();
}

/** Compares what the heap has grown by with the limit. @throws LuaError `not enough memory`, which can be caught */
export function checkMemory(): void {
  const { limits, heapAtStart } = R.state;
  R.memory = bytesBetweenChecks;
  if (limits.memory === undefined) return;
  const spare = limits.memory - (getHeapStatistics().used_heap_size - heapAtStart);
  if (spare < 0) throw new LuaError('not enough memory');
  R.memory = Math.min(bytesBetweenChecks, spare);
}

/** A program that ended itself by `os.exit`, where the host has not ended the process. */
export class LuaExit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`Lua code called os.exit(${code})`);
    this.name = 'LuaExit';
    this.code = code;
  }
}
