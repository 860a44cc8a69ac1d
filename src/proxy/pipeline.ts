import type { Backend, Tries } from '../backends/index.ts';
import { count } from '../message/counts.ts';
import { ScanError } from '../message/errors.ts';
import type { Logger } from '../message/log.ts';
import type { Scan, ScanReply, ScanRequest } from '../message/scan.ts';
import type { Attempt } from '../upstreams/index.ts';
import { noProxyCounts, type ProxyCounts } from './counts.ts';
import { guarded, type Observer, observed } from './observer.ts';

export interface PipelineOptions {
  readonly upstreams: readonly Backend[];
  /** Who gets requests that name no upstream, or none that exists; undefined where the configuration has no default. */
  readonly fallback: Backend | undefined;
  /** Tries for one message in all (`max_retries`); 0 means one, where Rspamd would try for ever. */
  readonly maxTries: number;
  readonly logger: Logger;
  /** Who else is told of messages and answers. */
  readonly observers?: readonly Observer[] | undefined;
  /** Where it is counted what became of messages. */
  readonly counts?: ProxyCounts | undefined;
}

/** Decides who answers a message and how often to try. Front ends are handed its `scan`. */
export class Pipeline {
  readonly #byName: ReadonlyMap<string, Backend>;
  readonly #options: PipelineOptions;
  readonly #observer: Observer;
  readonly #counts: ProxyCounts;
  /** Answers a request or rejects with a ScanError: that of the last try, where there was one. */
  readonly scan: Scan;

  constructor(options: PipelineOptions) {
    const { observers = [], upstreams, logger, counts = noProxyCounts() } = options;
    const ask = (request: ScanRequest) => this.#ask(request);
    this.#counts = counts;
    this.#options = { ...options, maxTries: Math.max(1, options.maxTries) };
    this.#byName = new Map(upstreams.map((backend) => [backend.name.toLowerCase(), backend]));
    this.#observer = guarded(observers, logger);
    this.scan = observers.length === 0 ? ask : observed(ask, this.#observer);
  }

  async #ask(request: ScanRequest): Promise<ScanReply> {
    count(this.#counts.requests, request.transport);
    try {
      return await this.#answer(request, this.#route(request));
    } catch (cause) {
      count(this.#counts.failures, ScanError.from(cause).code);
      throw cause;
    }
  }

  async #answer(request: ScanRequest, backend: Backend): Promise<ScanReply> {
    const { logger, maxTries } = this.#options;
    const { attempts, attemptFailures, attemptSeconds } = this.#counts;
    const tries = new MessageTries(request, maxTries, logger);
    for (;;) {
      const begun = performance.now();
      count(attempts, backend.name);
      try {
        const reply = await backend.scan(request, tries);
        count(attemptSeconds, backend.name, (performance.now() - begun) / 1000);
        tries.finished(reply);
        return reply;
      } catch (cause) {
        count(attemptFailures, backend.name);
        tries.failed(ScanError.from(cause));
      }
    }
  }

  async close(): Promise<void> {
    await this.#observer.close();
    const { upstreams, fallback } = this.#options;
    const all = new Set([...upstreams, ...(fallback === undefined ? [] : [fallback])]);
    await Promise.all([...all].map((backend) => backend.close()));
  }

  /** The whole `Host` value, its port included, is looked up among the names, in any case. */
  #route(request: ScanRequest): Backend {
    const { fallback, logger } = this.#options;
    const name = request.upstream;
    const named = name === undefined ? undefined : this.#byName.get(name.toLowerCase());
    const backend = named ?? fallback;
    if (backend !== undefined) return backend;
    const text = `cannot find upstream for ${name ?? 'default'}`;
    logger.log('error', 'proxy', 'proxy_send_master_message', request.sessionId, text);
    throw new ScanError('NO_UPSTREAM', name);
  }
}

/** The tries for one message: counts, decides whether another one follows, and tells the log. */
class MessageTries implements Tries {
  readonly hosts: Attempt[] = [];
  readonly #request: ScanRequest;
  readonly #max: number;
  readonly #logger: Logger;
  #failures = 0;
  #host = '';
  #lastError: ScanError | undefined;

  constructor(request: ScanRequest, max: number, logger: Logger) {
    this.#request = request;
    this.#max = max;
    this.#logger = logger;
  }

  get last(): boolean {
    return this.#failures + 1 >= this.#max;
  }

  begun(host: string): void {
    this.#host = host;
    if (this.#failures === 0) return;
    this.#log('info', 'proxy_backend_master_error_handler', `retry connection to: ${host} retries left: ${this.#left}`);
  }

  finished(reply: ScanReply): void {
    if (looksBroken(reply) && reply.result === undefined && !(reply.content instanceof Promise)) {
      this.#log('warning', 'proxy_backend_master_finish_handler', 'cannot parse results from the master backend');
    }
    if (!this.#logger.enabled('info', 'proxy')) return;
    const text = `finished master connection to ${this.#host}; HTTP code: ${reply.status}`;
    this.#log('info', 'proxy_client_finish_handler', text);
  }

  /** Returns where another try makes sense, else throws what the client is to be told. */
  failed(error: ScanError): void {
    if (error.code === 'NO_LIVE_HOST') this.#noHost(error);
    this.#failures++;
    const where = 'proxy_backend_master_error_handler';
    const text = `abnormally closing connection from backend: ${this.#host}, error: ${error.message}, `;
    this.#log('info', where, `${text}retries left: ${this.#left}`);
    if (!error.retry) throw error;
    this.#lastError = error;
    if (this.#left === 0) {
      this.#log('error', where, `cannot connect to upstream, maximum retries has been reached: ${this.#failures}`);
      throw error;
    }
    if (this.#request.signal.aborted) throw new ScanError('CANCELLED');
    if (performance.now() >= this.#request.deadline) throw new ScanError('DEADLINE', error.message, error);
  }

  get #left(): number {
    return this.#max - this.#failures;
  }

  #noHost(error: ScanError): never {
    const text = `cannot select upstream for ${this.#request.upstream ?? 'default'}`;
    this.#log('error', 'proxy_send_master_message', text);
    // What went wrong before says more than that nobody is left.
    throw this.#lastError ?? error;
  }

  #log(level: 'info' | 'warning' | 'error', fn: string, text: string): void {
    this.#logger.log(level, 'proxy', fn, this.#request.sessionId, text);
  }
}

const [OPENING, CLOSING] = ['{', '}'].map((brace) => brace.charCodeAt(0));

/** Should be a verdict, and has not the outer form of one: worth a closer look, which costs more than this one. */
function looksBroken({ body, headers }: ScanReply): boolean {
  const whole = body[0] === OPENING && body[body.length - 1] === CLOSING;
  return !whole && headers.get('Content-Type')?.toLowerCase() === 'application/json';
}
