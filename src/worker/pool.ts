import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Logger } from '../message/log.ts';
import { countDeath, type DeathCount, restartDelay } from './back-off.ts';
import { Heartbeats } from './heartbeats.ts';
import type { OpenSocket } from './listen.ts';
import type { InheritedSocket, Notice, Order, WorkerReport } from './messages.ts';
import { limitResources } from './resource-limits.ts';
import type { WorkerSpec } from './spec.ts';
import type { WorkerCounts } from './statistics/index.ts';

export interface PoolOptions {
  readonly spec: WorkerSpec;
  /** How many processes share the sockets. */
  readonly count: number;
  readonly sockets: ReadonlyArray<OpenSocket & { readonly ssl: boolean }>;
  readonly logger: Logger;
  /** Is told what workers counted. */
  readonly counted: (counts: Partial<WorkerCounts>) => void;
  /** What all workers counted, for Prometheus. */
  readonly metrics: () => Promise<string>;
}

/** A worker that does not report by then is left out; milliseconds. */
const reportLimit = 1_000;

/** Descriptors 0 to 2 are the usual ones. */
const firstSocketFd = 3;

/** The processes of one worker section: started, watched, started again when they die. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #children = new Set<ChildProcess>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  /** Reports that were asked for, by their numbers. */
  readonly #awaited = new Map<number, (report: WorkerReport | undefined) => void>();
  #nextReport = 0;
  #deaths: DeathCount = 0;
  #ending = false;
  #emptied: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Process ids of the workers that live. */
  get pids(): number[] {
    return [...this.#children].flatMap(({ pid }) => pid ?? []);
  }

  /** Resolves when every worker accepts connections; rejects, with nothing left running, when one cannot. */
  async start(): Promise<void> {
    const { count } = this.#options;
    const started = Array.from({ length: count }, () => this.#spawn());
    const results = await Promise.allSettled(started);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    this.kill();
    throw failed.reason;
  }

  /**
   * Resolves when the last worker has ended.
   * @param kind `retire` lets sessions go on until their clients end them, `stop` finishes messages under way only
   */
  async end(kind: 'retire' | 'stop'): Promise<void> {
    this.#cease();
    for (const child of this.#children) order(child, { kind });
    if (this.#children.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  kill(): void {
    this.#cease();
    for (const child of this.#children) child.kill('SIGKILL');
  }

  reopenLog(): void {
    for (const child of this.#children) order(child, { kind: 'reopen-log' });
  }

  reresolve(): void {
    for (const child of this.#children) order(child, { kind: 'reresolve' });
  }

  /** What each worker says about itself, by process id; undefined of one that says nothing in time. */
  async reports(): Promise<ReadonlyMap<number, WorkerReport | undefined>> {
    const children = [...this.#children].flatMap((child) =>
      child.pid === undefined ? [] : [[child.pid, child] as const],
    );
    const reports = await Promise.all(children.map(async ([pid, child]) => [pid, await this.#report(child)] as const));
    return new Map(reports);
  }

  #report(child: ChildProcess): Promise<WorkerReport | undefined> {
    const number = this.#nextReport++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#reported(number, undefined), reportLimit);
      this.#awaited.set(number, (report) => {
        clearTimeout(timer);
        resolve(report);
      });
      order(child, { kind: 'report', number });
    });
  }

  #reported(number: number, report: WorkerReport | undefined): void {
    this.#awaited.get(number)?.(report);
    this.#awaited.delete(number);
  }

  #cease(): void {
    this.#ending = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    this.#restarts.clear();
  }

  #spawn(): Promise<void> {
    const { spec, sockets } = this.#options;
    const child = fork(join(import.meta.dirname, 'child.js'), {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', ...sockets.map(({ fd }) => fd), 'ipc'],
    });
    const startedAt = performance.now();
    this.#children.add(child);
    const inherited = sockets.map(({ label, unix, ssl }, index): InheritedSocket => {
      return { fd: firstSocketFd + index, label, unix, ssl };
    });
    order(child, { kind: 'start', spec, sockets: inherited });
    return new Promise((resolve, reject) => {
      let ready = false;
      let heartbeats: Heartbeats | undefined;
      child.on('message', (notice: Notice) => {
        switch (notice.kind) {
          case 'failed':
            reject(new Error(notice.why));
            break;
          case 'ready':
            ready = true;
            // Not before: loading the program opens more files than a small limit allows.
            this.#limit(child);
            heartbeats = this.#watch(child);
            resolve();
            break;
          case 'alive':
            heartbeats?.beat();
            break;
          case 'ask-metrics':
            void this.#options.metrics().then((text) => order(child, { kind: 'metrics', text }));
            break;
          case 'counts':
            this.#options.counted(notice.counts);
            break;
          case 'report':
            this.#reported(notice.number, notice.report);
        }
      });
      child.on('error', reject);
      child.once('exit', (code, signal) => {
        heartbeats?.stop();
        reject(new Error(`the worker ended while it started (${signal ?? `exit code ${code}`})`));
        this.#buried(child, { code, signal, life: performance.now() - startedAt, ready });
      });
    });
  }

  #watch(child: ChildProcess): Heartbeats {
    const { spec, logger } = this.#options;
    return new Heartbeats(spec.heartbeat, logger, `${spec.title} ${child.pid}`, () => child.kill('SIGKILL'));
  }

  #limit(child: ChildProcess): void {
    const { spec, logger } = this.#options;
    if (child.pid === undefined) return;
    limitResources(child.pid, spec.resources).catch((cause: Error) => {
      logger.log('warning', 'main', 'limit_resources', '', `cannot set max_files or max_core: ${cause.message.trim()}`);
    });
  }

  #buried(
    child: ChildProcess,
    end: { code: number | null; signal: NodeJS.Signals | null; life: number; ready: boolean },
  ): void {
    this.#children.delete(child);
    if (this.#ending) {
      if (this.#children.size === 0) this.#emptied?.();
      return;
    }
    const { logger, spec } = this.#options;
    const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
    // A worker that was asked to go (SIGTERM) is not replaced, as with the original.
    if (end.code === 0 && end.ready) {
      logger.log('info', 'main', 'worker_exit', '', `${spec.title} ${child.pid} ended on request`);
      return;
    }
    this.#deaths = countDeath(this.#deaths, end.life);
    const delay = restartDelay(this.#deaths);
    const when = delay === 0 ? 'at once' : `in ${delay / 1000} s`;
    logger.log(
      'error',
      'main',
      'worker_exit',
      '',
      `${spec.title} ${child.pid} died (${how}); starting another one ${when}`,
    );
    this.#restartIn(delay);
  }

  #restartIn(delay: number): void {
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#spawn().catch((cause: Error) => {
        this.#options.logger.log('error', 'main', 'worker_start', '', `cannot start a worker: ${cause.message}`);
      });
    }, delay);
    this.#restarts.add(timer);
  }
}

/** A child that is gone gets no orders; its exit is being told elsewhere. */
function order(child: ChildProcess, what: Order): void {
  if (child.connected) child.send(what, () => {});
}
