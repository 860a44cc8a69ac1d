import { MessageChannel, Worker } from 'node:worker_threads';
import { ScanError } from '../../message/errors.ts';
import type { Logger } from '../../message/log.ts';
import { ownDatagrams, serveDatagrams } from '../../scan/index.ts';
import type { Job, ThreadData, ThreadMessage, ThreadSpec } from './job.ts';

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
  readonly #spec: ThreadSpec;
  readonly #options: ScanPoolOptions;
  readonly #logger: Logger;
  readonly #threads = new Set<ScanThread>();
  readonly #queue: Waiting[] = [];
  #closed = false;
  #told = false;

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
      if (this.#queue.length >= this.#options.queue)
        return reject(new ScanError('NO_LIVE_HOST', `${this.#queue.length} messages wait for a scan thread already`));
      this.#queue.push({ ask, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#failQueue('SHUTTING_DOWN', 'the proxy is stopping');
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
        if (wasReady) return this.#start();
        setTimeout(() => !this.#closed && this.#start(), restartDelay).unref();
        if (![...this.#threads].some((one) => one.usable))
          this.#failQueue('UPSTREAM_BROKEN', 'no scan thread can start');
      },
      log: (level, module, fn, id, text) => this.#logger.log(level, module, fn, id, text),
      problems: (problems) => {
        if (!this.#told) for (const text of problems) this.#logger.log('warning', 'scan', 'configuration', '', text);
        this.#told = true;
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
  problems(problems: readonly string[]): void;
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
    this.#worker.postMessage({ ...waiting.ask, number } satisfies Job);
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
    this.#heard = performance.now();
    if (message.kind === 'ready') {
      this.#isReady = true;
      this.#events.problems(message.problems);
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
