import type { Listener, ProxyConfig, ProxyWorker } from '../config/index.ts';
import type { Logger } from '../message/log.ts';
import { warnOfFileInputs } from './input-warnings.ts';
import type { OpenSocket } from './listen.ts';
import type { CurrentLog } from './log/current.ts';
import type { WorkerReport } from './messages.ts';
import { WorkerPool } from './pool.ts';
import type { Identity } from './privileges.ts';
import { SocketTable } from './sockets.ts';
import { logSpec, workerCount, workerSpec } from './spec.ts';
import { type About, Statistics, scannerMetrics, type View, type WorkerCounts } from './statistics/index.ts';

/** The main process: holds sockets and workers, and changes both when the configuration changes. */
export class Primary {
  /** What workers counted, of this configuration and those before. */
  readonly statistics = new Statistics();
  readonly #about: () => About;
  readonly #identity: Identity | undefined;
  readonly #logger: CurrentLog;
  readonly #sockets: SocketTable;
  #pools: WorkerPool[] = [];
  #retiring = new Set<WorkerPool>();
  #config: ProxyConfig | undefined;

  /** @param about what the program is, whenever somebody asks */
  constructor(logger: CurrentLog, identity: Identity | undefined, env: NodeJS.ProcessEnv, about: () => About) {
    this.#about = about;
    this.#logger = logger;
    this.#identity = identity;
    this.#sockets = new SocketTable(env);
  }

  /**
   * Starts the workers of a configuration; those of an earlier one end when the new ones accept connections. Rejects
   * when a worker cannot start; then everything is as it was before.
   */
  async use(config: ProxyConfig): Promise<void> {
    const wanted = config.workers.filter(({ off }) => !off);
    const fresh: WorkerPool[] = [];
    try {
      for (const worker of wanted) fresh.push(await this.#pool(config, worker));
      await Promise.all(fresh.map((pool) => pool.start()));
    } catch (cause) {
      for (const pool of fresh) pool.kill();
      this.#sockets.keepOnly(listenersOf(this.#config));
      throw cause;
    }
    const old = this.#pools;
    this.#pools = fresh;
    this.#config = config;
    this.#sockets.keepOnly(listenersOf(config));
    for (const pool of old) this.#retire(pool);
  }

  /** @param limit milliseconds after which workers are killed */
  async stop(limit: number): Promise<void> {
    const pools = [...this.#pools, ...this.#retiring];
    const timer = setTimeout(() => {
      this.#logger.log(
        'warning',
        'main',
        'stop',
        '',
        `messages are still under way after ${limit / 1000} s; ending them`,
      );
      for (const pool of pools) pool.kill();
    }, limit);
    const ended = Promise.all(pools.map((pool) => pool.end('stop')));
    // Whoever comes now is refused: a socket that is open and not accepted on lets clients wait in vain.
    this.#sockets.closeAll();
    await ended;
    clearTimeout(timer);
  }

  reopenLogs(): void {
    this.#logger.reopen();
    for (const pool of [...this.#pools, ...this.#retiring]) pool.reopenLog();
  }

  reresolve(): void {
    for (const pool of this.#pools) pool.reresolve();
  }

  /** What each worker says about itself, those too that are on their way out; undefined of one that says nothing. */
  async reports(): Promise<ReadonlyMap<number, WorkerReport | undefined>> {
    const reports = await Promise.all([...this.#pools, ...this.#retiring].map((pool) => pool.reports()));
    return new Map(reports.flatMap((some) => [...some]));
  }

  /** What was counted until now, and how everything is. */
  async view(): Promise<View> {
    return { reports: await this.reports(), statistics: this.statistics, about: this.#about() };
  }

  get logger(): Logger {
    return this.#logger;
  }

  async #pool(config: ProxyConfig, worker: ProxyWorker): Promise<WorkerPool> {
    const sockets = await this.#open(worker.listeners);
    const log = logSpec(config.logging, this.#identity, true);
    const spec = workerSpec(config, worker, log, this.#identity);
    warnOfFileInputs(spec, sockets, this.#logger);
    const counted = (counts: Partial<WorkerCounts>): void => this.statistics.add(counts);
    const metrics = async (): Promise<string> => scannerMetrics(await this.view());
    return new WorkerPool({ spec, sockets, count: workerCount(worker), logger: this.#logger, counted, metrics });
  }

  /** A worker with some sockets works; one with none is an error. */
  async #open(listeners: readonly Listener[]): Promise<Array<OpenSocket & { ssl: boolean }>> {
    const open: Array<OpenSocket & { ssl: boolean }> = [];
    const failures: Error[] = [];
    for (const listener of listeners) {
      try {
        for (const socket of await this.#sockets.get(listener)) open.push({ ...socket, ssl: listener.ssl });
      } catch (cause) {
        failures.push(cause as Error);
        this.#logger.log('error', 'main', 'listen', '', (cause as Error).message);
      }
    }
    if (open.length > 0) return open;
    const why = failures.map(({ message }) => message).join('; ') || 'it has no bind_socket';
    throw new Error(`cannot create listen socket for rspamd_proxy: ${why}`);
  }

  #retire(pool: WorkerPool): void {
    this.#retiring.add(pool);
    void pool.end('retire').then(() => this.#retiring.delete(pool));
  }
}

function listenersOf(config: ProxyConfig | undefined): Listener[] {
  return (config?.workers ?? []).filter(({ off }) => !off).flatMap(({ listeners }) => listeners);
}
