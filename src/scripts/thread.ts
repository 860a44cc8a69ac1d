import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger, LogLevel } from '../message/log.ts';
import type { Paths } from '../rspamd-lua/index.ts';
import type { Answer, Job, Notice, ThreadData } from './protocol.ts';
import type { Script, ScriptProblem } from './script.ts';
import { loadTimeout } from './world.ts';

export interface ThreadOptions {
  /** As log lines call it: `compare scripts`. */
  readonly name: string;
  readonly scripts: readonly Script[];
  readonly paths: Paths;
  /** Milliseconds that a script may take for one message. */
  readonly timeout: number;
  readonly logger: Logger;
  readonly debugModules: readonly string[];
}

/** A job was not done; the log knows why. */
export class ThreadFailure extends Error {}

/** A script stops itself when its time is over, unless it waits for the system; then it gets so much more, in milliseconds. */
const grace = 1_000;

/** Milliseconds until a thread that was told to end has ended, unless it hangs in the system. */
const endTimeout = 500;

/** Threads that hang in the system cannot be ended; no more than so many are left behind. */
const mostStuck = 2;

/** Milliseconds before a thread that died is started again, doubling with each death that follows soon. */
const backOff = { first: 100, longest: 30_000, forgotten: 60_000 };

/** Bytes for the objects of scripts. */
const heapLimit = 256 * 1024 * 1024;

/** A thread that runs scripts, one job at a time; started again when it dies. */
export class ScriptThread {
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #job: { readonly resolve: (answer: Answer) => void; readonly reject: (cause: Error) => void } | undefined;
  #stuck = 0;
  #deaths = 0;
  #bornAt = 0;
  #ready: Promise<unknown>;
  #closing = false;
  /** What came of the first loading. */
  readonly loaded: Promise<ReadonlyArray<ScriptProblem | undefined>>;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.loaded = this.#spawn();
    this.#ready = this.loaded.catch(() => this.#restart());
  }
