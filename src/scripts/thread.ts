import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, LogLevel } from '../message/log.ts';
import { Life, ThreadFailure } from './life.ts';
import type { Answer, Job, ThreadData } from './protocol.ts';
import type { Script, ScriptProblem } from './script.ts';
import { loadTimeout } from './world.ts';

export interface ThreadOptions extends Pick<ThreadData, 'scripts' | 'paths' | 'config' | 'timeout' | 'background'> {
  /** As log lines call it: `compare scripts`. */
  readonly name: string;
  readonly logger: Logger;
  /** Modules whose debug lines are wanted; in lower case. */
  readonly debugModules: readonly string[];
}

/** A script stops itself when its time is over, unless it waits for the system: then it gets so much more; milliseconds. */
const grace = 1_000;

/** Threads that hang in a call to the system cannot be ended; no more than so many are left behind. */
const mostHanging = 2;

/** Milliseconds before a thread that died is started again, doubling while they die young. */
const backOff = { first: 100, longest: 30_000, young: 60_000 };

const allLevels: readonly LogLevel[] = ['critical', 'error', 'warning', 'notice', 'info', 'debug'];

/** The data that a thread starts with. */
export function threadData(options: ThreadOptions): Omit<ThreadData, 'running'> {
  const { scripts, paths, config, timeout, background, logger, debugModules } = options;
  return {
    scripts,
    paths,
    config,
    timeout,
    background,
    log: { levels: allLevels.filter((one) => logger.enabled(one, '')), debugModules },
  };
}

/** How long all chunks together may take to load. */
export function loadPatience(scripts: readonly Script[]): number {
  return scripts.length * loadTimeout + grace;
}

type Problems = ReadonlyArray<ScriptProblem | undefined>;

/**
 * A thread that runs scripts, one job after the other. It is started again when it dies; its scripts begin with a new
 * state then.
 */
export class ScriptThread {
  /** What came of the first loading. Where a thread does not come up, the next one is waited for. */
  readonly loaded: Promise<Problems>;
  readonly #options: ThreadOptions;
  readonly #closing = new AbortController();
  #life: Promise<Life>;
  #latest: Life | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #deaths = 0;
  /** Threads that were given up and have not ended. */
  readonly #hanging = new Set<Life>();

  constructor(options: ThreadOptions) {
    this.#options = options;
    let tell: (problems: Problems) => void = () => {};
    this.loaded = new Promise((resolve) => (tell = resolve));
    this.#life = this.#start(tell);
  }

  /**
   * Has a job done when those before it are.
   * @param until time of `performance.now()` after which it is not begun
   * @throws ThreadFailure when it was not done
   */
  run(job: Job, until = Number.POSITIVE_INFINITY): Promise<Answer> {
    const mine = this.#turn.then(() => this.#run(job, until));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Ends the thread; jobs that are not done fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#life.catch(() => {});
    await this.#latest?.end('the worker ends');
  }

  /** Whether a thread hangs in a call to the system: the process cannot end by itself then. */
  get hangs(): boolean {
    return this.#hanging.size > 0;
  }

  async #run(job: Job, until: number): Promise<Answer> {
    const life = await this.#life;
    if (performance.now() > until) throw new ThreadFailure('the scripts before it take too long');
    const { scripts, timeout } = this.#options;
    const calls = job.kind === 'compare' ? scripts.length : 1;
    return life.ask(job, calls * timeout + grace);
  }

  /** Resolves with a thread that has loaded its scripts. */
  async #start(tell: (problems: Problems) => void): Promise<Life> {
    const { name, logger, scripts } = this.#options;
    for (;;) {
      await this.#pause();
      if (this.#closing.signal.aborted) throw new ThreadFailure('the worker ends');
      const life = new Life(threadData(this.#options), logger);
      this.#latest = life;
      const bornAt = performance.now();
      void life.ended.then((why) => this.#mourn(life, why, performance.now() - bornAt));
      try {
        const problems = await life.loaded(loadPatience(scripts));
        for (const problem of problems) if (problem !== undefined) this.#complain(`${name}: ${problem.message}`);
        void life.ended.then(() => this.#replace());
        tell(problems);
        return life;
      } catch {
        // It has been told of; the next one may come up.
      }
    }
  }

  #replace(): void {
    this.#life = this.#start(() => {});
    this.#life.catch(() => {});
  }

  /** Threads that die young are not started again at once, nor are those that cannot be ended without number. */
  async #pause(): Promise<void> {
    const { signal } = this.#closing;
    const delay = Math.min(backOff.longest, backOff.first * 2 ** (this.#deaths - 1));
    if (this.#deaths > 0) await sleep(delay, undefined, { signal }).catch(() => {});
    if (this.#hanging.size < mostHanging || signal.aborted) return;
    this.#complain(
      `${this.#options.name}: ${mostHanging} threads hang in calls to the system; no other is started before one ends`,
    );
    await Promise.race([once(signal, 'abort'), ...[...this.#hanging].map(({ gone }) => gone)]);
  }

  #mourn(life: Life, why: string, age: number): void {
    this.#hanging.add(life);
    void life.gone.then(() => this.#hanging.delete(life));
    if (this.#closing.signal.aborted) return;
    this.#deaths = age > backOff.young ? 1 : this.#deaths + 1;
    const { name } = this.#options;
    this.#complain(
      `the thread of the ${name} ended (${why}); another one is started, and what the scripts kept is lost`,
    );
  }

  #complain(text: string): void {
    this.#options.logger.log('error', 'proxy', 'scripts', '', text);
  }
}
