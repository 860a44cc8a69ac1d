import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../message/log.ts';
import type { Answer, Job, Notice, ThreadData } from './protocol.ts';
import type { ScriptProblem } from './script.ts';

/** A job was not done. */
export class ThreadFailure extends Error {}

/** Milliseconds until a thread that was told to end has ended, unless it hangs in a call to the system. */
const endTimeout = 500;

/** Megabytes at which V8 ends the thread: scripts have their own limit, and only lose their thread where that does not see them. */
const heapLimit = 512;

interface Expected<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (cause: ThreadFailure) => void;
}

type Problems = ReadonlyArray<ScriptProblem | undefined>;

/** One thread with the scripts of its data, from its birth to its end. */
export class Life {
  /** Resolves, with why, when nothing can be expected of it any more. */
  readonly ended: Promise<string>;
  /** Resolves when the system has let go of it. */
  readonly gone: Promise<unknown>;
  readonly #worker: Worker;
  readonly #logger: Logger;
  readonly #data: ThreadData;
  /** The script that runs; -1 for none. Written by the thread. */
  readonly #running = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  #expected: Expected<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #why: string | undefined;
  #end: (why: string) => void = () => {};

  constructor(data: Omit<ThreadData, 'running'>, logger: Logger) {
    this.#data = { ...data, running: this.#running };
    this.#logger = logger;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#worker = new Worker(join(import.meta.dirname, 'entry.js'), {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: heapLimit },
    });
    this.#worker.on('message', (notice: Notice) => this.#heard(notice));
    this.#worker.on('error', (cause) => (this.#why ??= `${cause.message}${this.#place()}`));
    this.gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    void this.gone.then(() => this.#over());
  }

  /** Resolves when all chunks have run. @throws ThreadFailure when the thread ends before */
  loaded(patience: number): Promise<Problems> {
    return this.#expect(patience, () => {});
  }

  /** Has a job done; none may be under way. @param patience milliseconds after which the thread is ended */
  ask(job: Job, patience: number): Promise<Answer> {
    return this.#expect(patience, () => this.#worker.postMessage(job));
  }

  /** Ends it. What is under way fails. */
  async end(why: string): Promise<void> {
    this.#why ??= why;
    const terminated = this.#worker.terminate();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, endTimeout)));
    await Promise.race([terminated, late]);
    clearTimeout(timer);
    this.#over();
  }

  #expect<T>(patience: number, begin: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#expected = { resolve: resolve as (value: unknown) => void, reject };
      this.#timer = setTimeout(() => void this.end(`no end after ${patience / 1000} s${this.#place()}`), patience);
      try {
        begin();
      } catch (cause) {
        this.#take()?.reject(new ThreadFailure((cause as Error).message));
      }
    });
  }

  #take(): Expected<unknown> | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    clearTimeout(this.#timer);
    return expected;
  }

  #heard(notice: Notice): void {
    switch (notice.kind) {
      case 'log': {
        const { level, module, fn, id, text } = notice;
        this.#logger.log(level, module, fn, id, text);
        break;
      }
      case 'exit':
        this.#why = `os.exit(${notice.code})${this.#place()}`;
        break;
      case 'loaded':
        this.#take()?.resolve(notice.problems);
        break;
      default:
        this.#take()?.resolve(notice);
    }
  }

  /** Number of the script that runs, -1 for none. */
  get current(): number {
    return Atomics.load(this.#running, 0);
  }

  #place(): string {
    const script = this.#data.scripts[this.current];
    return script === undefined ? '' : ` in script ${script.name}`;
  }

  #over(): void {
    const why = this.#why ?? 'it ended by itself';
    this.#end(why);
    this.#take()?.reject(new ThreadFailure(why));
  }
}
