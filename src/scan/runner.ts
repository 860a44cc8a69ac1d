import type { Plan, PlannedRule } from './plan.ts';
import type { Rule, Stage } from './rule.ts';
import type { Task } from './task.ts';

type State = 'started' | 'done' | 'off';

/** What a run is told from outside. */
export interface RunnerOptions {
  /** Whether rules go on though the score is beyond every limit. */
  readonly checkAll: boolean;
  /** A rule threw. */
  readonly failed: (rule: Rule, cause: unknown) => void;
  /** Present where it is of interest how long rules take, what they wait for included; milliseconds. */
  readonly took?: ((rule: Rule, milliseconds: number) => void) | undefined;
}

/** Runs the rules of a plan on one task, stage by stage (rspamd: src/libserver/symcache/symcache_runtime.cxx). */
export class Runner {
  readonly #plan: Plan;
  readonly #task: Task;
  readonly #options: RunnerOptions;
  readonly #states = new Map<Rule, State>();
  readonly #running = new Map<Rule, Promise<void>>();
  /** When rules began, where it is of interest. */
  readonly #begun = new Map<Rule, number>();
  readonly #enabled = new Set<Rule>();
  readonly #isEmpty: boolean;
  #expired = false;
  #onDone: ((planned: PlannedRule) => void) | undefined;

  constructor(plan: Plan, task: Task, options: RunnerOptions) {
    this.#plan = plan;
    this.#task = task;
    this.#options = options;
    this.#isEmpty = task.has('empty');
  }

  /** The deadline passed before all rules were through. */
  get expired(): boolean {
    return this.#expired;
  }

  /** A rule does not run unless `enable` takes that back. */
  disable(rule: Rule): void {
    if (!this.#states.has(rule)) this.#states.set(rule, 'off');
  }

  enable(rule: Rule): void {
    if (this.#states.get(rule) === 'off') this.#states.delete(rule);
    this.#enabled.add(rule);
  }

  /** Rules of one priority run side by side; the next ones wait for them. */
  async inOrder(stage: Exclude<Stage, 'filter'>): Promise<void> {
    let priority: number | undefined;
    // Rules that can start at once still do where one of them finds that the message is to be skipped.
    let isSkipped = this.#task.has('skip');
    for (const planned of this.#plan[stage]) {
      const own = planned.rule.priority ?? 0;
      if (own !== priority && this.#running.size > 0) {
        await this.#settle();
        isSkipped = this.#task.has('skip');
      }
      priority = own;
      if (isSkipped || (this.#expired && !isLast(stage))) break;
      if (stage !== 'idempotent' && this.#isStopped(planned.rule, 'ignorePassthrough')) continue;
      await this.#afterDependencies(planned);
      this.#start(planned);
    }
    await this.#settle();
  }

  /** Each as soon as what it depends on is through, and those that waited for it at once. */
  async filters(): Promise<void> {
    const waiting = new Set(this.#plan.filter);
    this.#onDone = ({ dependents }) => {
      for (const planned of dependents) {
        if (!waiting.has(planned) || !this.#isReady(planned)) continue;
        waiting.delete(planned);
        if (!this.#isStopped(planned.rule, 'fine', 'ignorePassthrough')) this.#start(planned);
      }
    };
    for (const planned of this.#plan.filter) {
      if (this.#task.has('skip')) break;
      if (!waiting.has(planned) || !this.#isReady(planned)) continue;
      waiting.delete(planned);
      if (this.#isStopped(planned.rule, 'fine', 'ignorePassthrough') || this.#isFull(planned.rule)) continue;
      this.#start(planned);
    }
    await this.#settle();
    this.#onDone = undefined;
  }

  #isReady({ dependencies }: PlannedRule): boolean {
    return dependencies.every((rule) => {
      const state = this.#states.get(rule);
      return state === 'done' || state === 'off' || (state === undefined && rule.stage !== 'filter');
    });
  }

  /** The verdict is fixed, and the rule does not run in spite of that. */
  #isStopped({ flags = [] }: Rule, ...exempt: readonly ('fine' | 'ignorePassthrough')[]): boolean {
    return this.#task.results.isFixed && !exempt.some((flag) => flags.includes(flag));
  }

  #isFull({ flags = [] }: Rule): boolean {
    const { results } = this.#task;
    if (this.#options.checkAll || flags.includes('fine') || flags.includes('ignorePassthrough')) return false;
    const limit = results.requiredScore;
    return limit !== undefined && results.score > limit;
  }

  async #afterDependencies({ dependencies }: PlannedRule): Promise<void> {
    for (const rule of dependencies) await this.#running.get(rule);
  }

  #start(planned: PlannedRule): void {
    const { rule } = planned;
    if (this.#states.has(rule)) return;
    this.#states.set(rule, 'started');
    if (!this.#call(planned)) this.#done(planned);
  }

  #done(planned: PlannedRule): void {
    this.#states.set(planned.rule, 'done');
    this.#running.delete(planned.rule);
    const begun = this.#begun.get(planned.rule);
    if (begun !== undefined) this.#options.took?.(planned.rule, performance.now() - begun);
    this.#onDone?.(planned);
  }

  /** @returns whether it goes on */
  #call(planned: PlannedRule): boolean {
    const { rule } = planned;
    if (!this.#applies(rule)) return false;
    if (this.#options.took !== undefined) this.#begun.set(rule, performance.now());
    try {
      const running = rule.run(this.#task);
      if (running === undefined) return false;
      const end = running.catch((cause: unknown) => this.#options.failed(rule, cause)).then(() => this.#done(planned));
      this.#running.set(rule, end);
      return true;
    } catch (cause) {
      this.#options.failed(rule, cause);
      return false;
    }
  }

  #applies(rule: Rule): boolean {
    const flags = rule.flags ?? [];
    if (this.#isEmpty && !flags.includes('empty')) return false;
    if (flags.includes('mime') && this.#isEmpty) return false;
    if (flags.includes('explicitEnable') && !this.#enabled.has(rule)) return false;
    try {
      return rule.condition?.(this.#task) !== false;
    } catch (cause) {
      this.#options.failed(rule, cause);
      return false;
    }
  }

  /** Until none is running, or there is no time left: then they are left behind. */
  async #settle(): Promise<void> {
    while (this.#running.size > 0 && !this.#expired) await this.#orDeadline(Promise.all(this.#running.values()));
    this.#running.clear();
  }

  async #orDeadline(wait: Promise<unknown>): Promise<void> {
    const left = this.#task.deadline - performance.now();
    if (left > maxWait) return void (await wait);
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<void>((resolve) => {
      timer = setTimeout(
        () => {
          this.#expired = true;
          resolve();
        },
        Math.max(0, left),
      );
    });
    await Promise.race([wait, end]);
    clearTimeout(timer);
  }
}

/** The longest time that a timer can wait for, milliseconds. */
const maxWait = 2 ** 31 - 1;

/** What has to be done even where time ran out. */
function isLast(stage: Stage): boolean {
  return stage === 'postfilter' || stage === 'idempotent';
}
