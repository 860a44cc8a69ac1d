import { getHeapStatistics } from 'node:v8';
import { LuaError } from '../values/error.ts';
import { fullCollection } from './collector.ts';
import { R } from './registers.ts';

/** What a program may use. Absent fields are unlimited. */
export interface Limits {
  /** Milliseconds that one entry from the host may run. */
  readonly time?: number | undefined;
  /** Loop rounds, calls and the like that one entry from the host may make. */
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

const mostStepsBetweenChecks = 20_000;
const bytesBetweenChecks = 8 << 20;
/** Bytes that a function written in JavaScript goes through in the time of a step, at worst. */
const bytesPerStep = 64;
/** Milliseconds between two looks at the limits; the steps handed out follow it. */
const [shortInterval, longInterval] = [1, 5];

/** Consumption of one entry from the host. */
export interface Budget {
  /** Time of `performance.now()` at which it ends. */
  readonly deadline: number;
  stepsLeft: number;
  /** Steps to hand out next: fewer when the last ones took long. */
  portion: number;
  lastCheck: number;
}

export function makeBudget(limits: Limits): Budget {
  const now = performance.now();
  return {
    deadline: limits.time === undefined ? Number.POSITIVE_INFINITY : now + limits.time,
    stepsLeft: limits.steps ?? Number.POSITIVE_INFINITY,
    portion: mostStepsBetweenChecks,
    lastCheck: now,
  };
}

/** Hands out the next portion of steps, less what was used of it already. */
export function grant(budget: Budget, overdrawn: number): void {
  budget.stepsLeft -= overdrawn;
  const granted = Math.max(0, Math.min(budget.portion, budget.stepsLeft));
  budget.stepsLeft -= granted;
  R.fuel = granted;
}

/** @returns the time. @throws LuaInterrupt when the running program has none left */
export function checkTime(): number {
  const now = performance.now();
  if (now > R.state.budget.deadline) throw outOfTime();
  return now;
}

/** Called when `R.fuel` is used up. @throws LuaInterrupt when the program has to stop */
export function tick(): void {
  const { budget } = R.state;
  const overdrawn = Math.max(0, -R.fuel - 1);
  R.fuel = 0;
  if (budget.stepsLeft - overdrawn <= 0) {
    budget.stepsLeft = 0;
    throw new LuaInterrupt('steps', 'Lua code was stopped: step limit reached');
  }
  const now = checkTime();
  const elapsed = now - budget.lastCheck;
  if (elapsed > longInterval) budget.portion = Math.max(1, budget.portion >> 1);
  else if (elapsed < shortInterval) budget.portion = Math.min(mostStepsBetweenChecks, budget.portion * 2);
  budget.lastCheck = now;
  grant(budget, overdrawn);
  checkMemory(0);
}

export function outOfTime(): LuaInterrupt {
  return new LuaInterrupt('time', 'Lua code was stopped: time limit reached');
}

/** Milliseconds that the program may still run, at least 1; undefined where it is not limited. */
export function timeLeft(): number | undefined {
  const { deadline } = R.state.budget;
  return deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(1, Math.ceil(deadline - performance.now()));
}

/** Counts work that a function written in JavaScript does at once. @param bytes it goes through, or elements times 8 */
export function spend(bytes: number): void {
  R.fuel -= Math.floor(bytes / bytesPerStep);
  if (R.fuel < 0) tick();
}

/** Counts bytes that a program is about to allocate, and the work of filling them. */
export function allocate(bytes: number): void {
  spend(bytes);
  R.memory -= bytes;
  if (R.memory < 0) checkMemory(bytes);
}

const shortRope = 1 << 14;

/**
 * Makes a long string that V8 has put together lazily one piece, so that the heap shows what it takes: any number of
 * such strings would fit a limit until they are looked at.
 */
export function solid(text: string): string {
  if (text.length > shortRope) text.charCodeAt(0);
  return text;
}

/** Bytes of the heap, and of the long strings that input and output leave outside of it. */
export function usedMemory(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/**
 * Compares what the heap has grown by with the limit. Garbage counts only while the collector has not run: a program
 * that comes close to the limit waits for that.
 * @param wanted bytes about to be allocated
 * @throws LuaError `not enough memory`, which can be caught
 */
export function checkMemory(wanted: number): void {
  const { state } = R;
  R.memory = bytesBetweenChecks;
  const { memory } = state.limits;
  if (memory === undefined) return;
  const spare = (): number => {
    const used = usedMemory();
    // what was garbage when the state was made is no room for it
    state.heapAtStart = Math.min(state.heapAtStart, used);
    return memory - wanted - (used - state.heapAtStart);
  };
  if (spare() < 0) {
    if (wanted < memory) fullCollection();
    // a heap that is almost full after that would be collected again and again
    if (spare() < memory / 10) throw new LuaError('not enough memory');
  }
  R.memory = Math.min(bytesBetweenChecks, spare());
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
