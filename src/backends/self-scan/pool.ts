import { setTimeout as wait } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { addCounts } from '../../message/counts.ts';
import { ScanError } from '../../message/errors.ts';
import type { Logger } from '../../message/log.ts';
import {
  type KnownSymbol,
  type LearnedMessages,
  noScanCounts,
  ownDatagrams,
  type ScanCounts,
  serveDatagrams,
} from '../../scan/index.ts';
import type { Job, ThreadData, ThreadMessage, ThreadOrder, ThreadSpec } from './job.ts';

export interface ScanPoolOptions {
  /** Threads that scan. */
  readonly threads: number;
  /** Messages in one thread at a time: while one waits for DNS another is worked on. */
  readonly perThread: number;
  /** Messages that wait for a thread; a further one is turned away. */
  readonly queue: number;
  /** Milliseconds after which a thread that has not answered anything counts as hung. */
  readonly patience: number;
  /** What runs in the threads; ours where it is left out. */
  readonly program?: URL;
}

/** A thread that cannot have more than this has to be bounded by something else (bytes of its heap, in MiB). */
const heapMegabytes = 1536;

/** A thread that cannot even be started is tried again no sooner; milliseconds. */
const restartDelay = 1000;

/** A thread that does not say by then what it counted is not waited for; milliseconds. */
const countPatience = 500;

/** What became of threads, and of messages that found none. */
export type ThreadCounts = {
  /** Threads that crashed or hung, and have a successor. */
  replaced: number;
  /** Messages that found the queue full. */
  turnedAway: number;
};

export const noThreadCounts = (): ThreadCounts => ({ replaced: 0, turnedAway: 0 });

/** How the threads are now. */
export interface ThreadStatus {
  /** Threads that live, and those among them that work on a message. */
  readonly threads: number;
  readonly busy: number;
  /** Messages in threads, and those that wait for one. */
  readonly running: number;
  readonly queued: number;
  /** What the statistics have learned, as far as a thread has said. */
  readonly learned: LearnedMessages | undefined;
}

type Ask = Omit<Job, 'number'>;

interface Waiting {
  readonly ask: Ask;
  resolve(body: Buffer): void;
  reject(error: ScanError): void;
}

/**
 * Threads that scan, so that sockets are served while a message is worked on. A thread that crashes or hangs is replaced;
 * the messages that it had get a temporary failure.
 */
export class ScanPool {
  /** What was counted; threads tell of theirs once a second, and when they are asked. */
  readonly counts: { readonly scan: ScanCounts; readonly threads: ThreadCounts } = {
    scan: noScanCounts(),
    threads: noThreadCounts(),
  };
  readonly #spec: ThreadSpec;
  readonly #options: ScanPoolOptions;
  readonly #logger: Logger;
  readonly #threads = new Set<ScanThread>();
  readonly #queue: Waiting[] = [];
  #closed = false;
  #symbols: readonly KnownSymbol[] | undefined;
  #learned: LearnedMessages | undefined;

  constructor(spec: ThreadSpec, options: ScanPoolOptions, logger: Logger) {
    this.#spec = spec;
    this.#options = options;
    this.#logger = logger;
    for (let n = 0; n < options.threads; n++) this.#start();
  }

  /** Resolves when every thread can begin. */
  get ready(): Promise<void> {
    return Promise.all([...this.#threads].map((thread) => thread.ready)).then(() => {});
  }

  /** @returns the encoded reply. Rejects with a ScanError: the message has no verdict */
  scan(ask: Ask): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new ScanError('SHUTTING_DOWN'));
      if (this.#queue.length >= this.#options.queue) {
        this.counts.threads.turnedAway++;
        return reject(new ScanError('NO_LIVE_HOST', `${this.#queue.length} messages wait for a scan thread already`));
      }
      this.#queue.push({ ask, resolve, reject });
      this.#next();
    });
  }

  /** Symbols that may be found; none before the first thread is there. */
  get symbols(): readonly KnownSymbol[] {
    return this.#symbols ?? [];
  }

  get status(): ThreadStatus {
    const loads = [...this.#threads].filter(({ usable }) => usable).map(({ load }) => load);
    return {
      threads: loads.length,
      busy: loads.filter((load) => load > 0).length,
      running: loads.reduce((sum, load) => sum + load, 0),
      queued: this.#queue.length,
      learned: this.#learned,
    };
  }

  /** Resolves when `counts` has what threads counted until now, and `status` what they learned; or they are too busy to tell. */
  async collect(): Promise<void> {
    const late = new AbortController();
    const told = Promise.all([...this.#threads].map((thread) => thread.tell()));
    await Promise.race([told, wait(countPatience, undefined, { signal: late.signal, ref: false }).catch(() => {})]);
    late.abort();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#failQueue('SHUTTING_DOWN', 'the proxy is stopping');
    await this.collect();
    await Promise.all([...this.#threads].map((thread) => thread.end('SHUTTING_DOWN', 'the proxy is stopping')));
  }

  #failQueue(code: 'SHUTTING_DOWN' | 'UPSTREAM_BROKEN', reason: string): void {
    for (const { reject } of this.#queue.splice(0)) reject(new ScanError(code, reason));
  }

  #next(): void {
    while (this.#queue.length > 0) {
      const [idlest] = [...this.#threads].filter((one) => one.usable).sort((a, b) => a.load - b.load);
      if (idlest === undefined || idlest.load >= this.#options.perThread) return;
      idlest.give(this.#queue.shift() as Waiting);
    }
  }

  #start(): void {
    const thread = new ScanThread(this.#spec, this.#options, {
      idle: () => this.#next(),
      gone: (wasReady) => {
        this.#threads.delete(thread);
        if (this.#closed) return;
        this.counts.threads.replaced++;
        if (wasReady) return this.#start();
        setTimeout(() => !this.#closed && this.#start(), restartDelay).unref();
        if (![...this.#threads].some((one) => one.usable))
          this.#failQueue('UPSTREAM_BROKEN', 'no scan thread can start');
      },
      log: (level, module, fn, id, text) => this.#logger.log(level, module, fn, id, text),
      ready: (problems, symbols) => {
        if (this.#symbols === undefined)
          for (const text of problems) this.#logger.log('warning', 'scan', 'configuration', '', text);
        this.#symbols = symbols;
      },
      counted: (counts) => addCounts(this.counts.scan, counts),
      told: (learned) => {
        this.#learned = learned;
      },
    });
    this.#threads.add(thread);
  }
}

interface ThreadEvents {
  /** It has room for another message. */
  idle(): void;
  /** It ended. @param wasReady it had begun to work */
  gone(wasReady: boolean): void;
  log: Logger['log'];
  ready(problems: readonly string[], symbols: readonly KnownSymbol[]): void;
  counted(counts: ScanCounts): void;
  told(learned: LearnedMessages | undefined): void;
}

interface Running extends Waiting {
  timer: NodeJS.Timeout;
  /** When it was given to the thread, milliseconds of `performance.now()`. */
  readonly since: number;
}

/** A thread that answers others goes on with a message for so many times the patience. */
const mostPatience = 3;

class ScanThread {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #patience: number;
  readonly #events: ThreadEvents;
  readonly #running = new Map<number, Running>();
  /** Who waits for the thread to tell. */
  readonly #onTold: (() => void)[] = [];
  #number = 0;
  #isReady = false;
  #ended = false;
  /** When it last said anything. */
  #heard = performance.now();

  constructor(spec: ThreadSpec, { patience, program }: ScanPoolOptions, events: ThreadEvents) {
    this.#patience = patience;
    this.#events = events;
    const { port1: ownEnd, port2: datagrams } = new MessageChannel();
    serveDatagrams(ownEnd, ownDatagrams);
    this.#worker = new Worker(program ?? new URL(import.meta.resolve('./thread.js')), {
      workerData: { ...spec, datagrams } satisfies ThreadData,
      transferList: [datagrams],
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    this.ready = new Promise((resolve) => {
      this.#worker.on('message', (message: ThreadMessage) => {
        this.#hear(message);
        if (message.kind === 'ready') resolve();
      });
      this.#worker.on('exit', () => resolve());
    });
    this.#worker.on('error', (cause) => {
      events.log('error', 'scan', 'thread', '', `a scan thread ended: ${cause.message}`);
      void this.end('UPSTREAM_BROKEN', `the scan thread ended: ${cause.message}`);
    });
    this.#worker.on('exit', () => {
      for (const resolve of this.#onTold.splice(0)) resolve();
      this.#fail('UPSTREAM_BROKEN', 'the scan thread ended');
      this.#ended = true;
      events.gone(this.#isReady);
    });
  }

  /** It has begun to work and is not known to have ended: one that still loads would seem to hang. */
  get usable(): boolean {
    return this.#isReady && !this.#ended;
  }

  get load(): number {
    return this.#running.size;
  }

  give(waiting: Waiting): void {
    const number = this.#number++;
    const timer = setTimeout(() => this.#look(number), this.#patience);
    this.#running.set(number, { ...waiting, timer, since: performance.now() });
    this.#order({ ...waiting.ask, number });
  }

  /** Has it tell what it counted and learned; resolves when it did, or has ended. */
  tell(): Promise<void> {
    if (!this.#isReady || this.#ended) return Promise.resolve();
    this.#order('tell');
    return new Promise((resolve) => this.#onTold.push(resolve));
  }

  #order(order: ThreadOrder): void {
    this.#worker.postMessage(order);
  }

  /** A thread that answers other messages is busy; one that says nothing hangs. */
  #look(number: number): void {
    const running = this.#running.get(number);
    if (running === undefined) return;
    const now = performance.now();
    const quiet = now - Math.max(this.#heard, running.since);
    if (quiet < this.#patience && now - running.since < mostPatience * this.#patience) {
      running.timer = setTimeout(() => this.#look(number), this.#patience - quiet);
      return;
    }
    this.#events.log('error', 'scan', 'thread', running.ask.id, 'a scan thread hangs: it is replaced');
    void this.end('UPSTREAM_TIMEOUT', 'the scan thread hung');
  }

  /** Stops it at once; what it works on fails. */
  async end(code: 'SHUTTING_DOWN' | 'UPSTREAM_BROKEN' | 'UPSTREAM_TIMEOUT', reason: string): Promise<void> {
    this.#ended = true;
    this.#fail(code, reason);
    await this.#worker.terminate();
  }

  #fail(code: 'SHUTTING_DOWN' | 'UPSTREAM_BROKEN' | 'UPSTREAM_TIMEOUT', reason: string): void {
    for (const { reject, timer } of this.#running.values()) {
      clearTimeout(timer);
      reject(new ScanError(code, reason));
    }
    this.#running.clear();
  }

  #hear(message: ThreadMessage): void {
    if (message.kind === 'counts') {
      this.#events.counted(message.counts);
      return;
    }
    if (message.kind === 'told') {
      this.#events.told(message.learned);
      this.#onTold.shift()?.();
      return;
    }
    this.#heard = performance.now();
    if (message.kind === 'ready') {
      this.#isReady = true;
      this.#events.ready(message.problems, message.symbols);
      this.#events.idle();
      return;
    }
    if (message.kind === 'log') {
      this.#events.log(message.level, message.module, message.fn, message.id, message.text);
      return;
    }
    const running = this.#running.get(message.number);
    if (running === undefined) return;
    this.#running.delete(message.number);
    clearTimeout(running.timer);
    if (message.kind === 'failed') running.reject(new ScanError('INTERNAL', message.reason));
    else running.resolve(Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength));
    this.#events.idle();
  }
}
