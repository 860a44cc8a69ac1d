import { setTimeout as sleep } from 'node:timers/promises';
import { Budget, Losses } from '../../message/budget.ts';
import type { ComparisonListener } from '../../message/comparison.ts';
import { count } from '../../message/counts.ts';
import type { Logger } from '../../message/log.ts';
import type { ScanRequest } from '../../message/scan.ts';
import { noProxyCounts, type ProxyCounts } from '../counts.ts';
import type { Observer, Watch } from '../observer.ts';
import { type Mirror, MirrorCopy } from './copy.ts';
import { type Comparing, MirroredMessage } from './message.ts';

export interface MirrorLimits {
  /** Copies under way at the same time, of all mirrors together; each mirror has its equal part of it. */
  readonly copies: number;
  /** Bytes of those copies, likewise. */
  readonly bytes: number;
  /** Bytes of results that wait for the results of slower mirrors. */
  readonly waitingBytes: number;
  /** Milliseconds that copies are waited for when the worker ends. */
  readonly patience: number;
}

export const mirrorLimits: MirrorLimits = {
  copies: 1000,
  bytes: 128 * 1024 * 1024,
  waitingBytes: 64 * 1024 * 1024,
  patience: 1000,
};

export interface MirrorsOptions {
  readonly mirrors: readonly Mirror[];
  readonly listeners: readonly ComparisonListener[];
  readonly logger: Logger;
  readonly limits?: Partial<MirrorLimits> | undefined;
  /** Numbers of at least 0 and below 1; `Math.random` where it is left out. */
  readonly random?: (() => number) | undefined;
  /** Where it is counted what became of copies. */
  readonly counts?: ProxyCounts | undefined;
}

/** What a copy costs beside the bytes of the message: headers, a socket and its buffers. */
const overhead = 8 * 1024;

/** A mirror, and how much of it may be under way. */
interface Lane {
  readonly mirror: Mirror;
  readonly budget: Budget;
  readonly losses: Losses;
}

/** Sends copies of messages to mirrors and tells listeners what came of them. */
export class Mirrors implements Observer {
  readonly #lanes: readonly Lane[];
  readonly #comparing: Comparing;
  readonly #limits: MirrorLimits;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #counts: ProxyCounts;
  /** Whether messages that go to no mirror are of interest. */
  readonly #alone: boolean;
  readonly #running = new Map<MirrorCopy, Promise<void>>();
  #closing = false;

  constructor(options: MirrorsOptions) {
    const { mirrors, listeners, logger, random = Math.random } = options;
    const limits = { ...mirrorLimits, ...options.limits };
    this.#logger = logger;
    this.#counts = options.counts ?? noProxyCounts();
    this.#limits = limits;
    this.#random = random;
    this.#alone = listeners.some(({ alone }) => alone);
    this.#lanes = mirrors.map((mirror) => ({
      mirror,
      budget: new Budget(Math.ceil(limits.copies / mirrors.length), Math.ceil(limits.bytes / mirrors.length)),
      losses: new Losses((count) => this.#warn(`skip mirror ${mirror.name}: too much is under way; ${lost(count)}`)),
    }));
    this.#comparing = {
      listeners,
      logger,
      memory: new Budget(Number.POSITIVE_INFINITY, limits.waitingBytes),
      losses: new Losses((count) => this.#warn(`too many results wait for slow mirrors; ${count} comparisons lost`)),
    };
  }

  /** One number decides for all mirrors: those of the same probability get the same messages. */
  begin(request: ScanRequest): Watch | undefined {
    if (this.#closing) return undefined;
    const coin = this.#random();
    const drawn = this.#lanes.filter(({ mirror }) => coin < mirror.probability);
    if (drawn.length === 0 && !this.#alone) return undefined;
    const message = new MirroredMessage(request, this.#comparing);
    for (const lane of drawn) this.#start(lane, request, message);
    return message;
  }

  /** Copies under way have a moment to end; what is left then is cut off, and its comparison with it. */
  async close(): Promise<void> {
    this.#closing = true;
    const stopped = new AbortController();
    const late = sleep(this.#limits.patience, undefined, { signal: stopped.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#running.values()), late]);
    stopped.abort();
    if (this.#running.size > 0) this.#warn(`${this.#running.size} requests to mirrors are cut off: the worker ends`);
    for (const copy of this.#running.keys()) copy.abandon();
    // Comparisons that are complete are told in the next turn of the event loop.
    await new Promise(setImmediate);
    for (const { losses } of [...this.#lanes, this.#comparing]) losses.close();
    await Promise.all(this.#lanes.map(({ mirror }) => mirror.backend.close()));
  }

  #start({ mirror, budget, losses }: Lane, request: ScanRequest, message: MirroredMessage): void {
    const bytes = request.body.length + overhead;
    const { copies, copyFailures, copiesSkipped } = this.#counts;
    if (!budget.take(bytes)) {
      count(copiesSkipped, mirror.name);
      losses.add();
      return;
    }
    count(copies, mirror.name);
    const copy = new MirrorCopy(mirror, request, this.#logger);
    const over = message
      .start(copy)
      .catch((cause: Error) => this.#warn(`internal error, no client is affected: ${cause.stack ?? cause.message}`))
      .finally(() => {
        this.#running.delete(copy);
        if (copy.hasFailed) count(copyFailures, mirror.name);
        budget.giveBack(bytes);
      });
    this.#running.set(copy, over);
  }

  #warn(text: string): void {
    this.#logger.log('warning', 'proxy', 'proxy_open_mirror_connections', '', text);
  }
}

const lost = (count: number): string => `${count} ${count === 1 ? 'message was' : 'messages were'} not copied`;
