import { type Dispatcher, Pool } from 'undici';
import type { Deadlines, Timed } from '../../message/deadlines.ts';
import { ScanError } from '../../message/errors.ts';
import { Headers } from '../../message/headers.ts';
import { formatPeer, type Peer } from '../../message/peer.ts';
import type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
import { connectionFailure } from './failure.ts';
import type { WireReply } from './reply.ts';

export interface UndiciOptions {
  /** Leave connections open for further requests where the scanner agrees; false where it is left out. */
  readonly keepAlive?: boolean | undefined;
  /** Bytes of a reply's body. */
  readonly maxReply: number;
  readonly deadlines: Deadlines;
}

/** Bytes of a reply's status line and header. */
const MAX_HEAD = 80 * 1024;

/** Connections by undici: a pool for each address. */
export class UndiciConnections implements Connections {
  readonly #options: UndiciOptions;
  readonly #pools = new Map<string, Pool>();

  constructor(options: UndiciOptions) {
    this.#options = options;
  }

  exchange(endpoint: Peer, request: WireRequest, limits: ExchangeLimits): Promise<WireReply> {
    const { deadlines, keepAlive } = this.#options;
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(deadlines, limits, resolve, reject);
      const options: Dispatcher.DispatchOptions = {
        method: 'POST',
        path: request.target,
        headers: ['Host', request.host, ...request.fields],
        body: request.body,
        reset: keepAlive !== true,
      };
      this.#pool(endpoint).dispatch(options, exchange as unknown as Dispatcher.DispatchHandler);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #pool(endpoint: Peer): Pool {
    const key = formatPeer(endpoint);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = makePool(endpoint, this.#options);
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

function makePool(endpoint: Peer, options: UndiciOptions): Pool {
  // Connecting is part of a try, whose own limit counts; this one only ends what nobody waits for any more.
  const connect = { timeout: 120_000, ...(endpoint.kind === 'unix' && { socketPath: endpoint.path }) };
  return new Pool(endpoint.kind === 'unix' ? 'http://localhost' : `http://${formatPeer(endpoint)}`, {
    connect,
    pipelining: 1,
    maxHeaderSize: MAX_HEAD,
    maxResponseSize: options.maxReply,
    // The exchange as a whole has a limit; undici's own would be one more timer each.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** One request on its way: the handler that undici reports to. */
class Exchange implements Timed {
  readonly deadline: number;
  readonly #deadlines: Deadlines;
  readonly #signal: AbortSignal;
  readonly #resolve: (reply: WireReply) => void;
  readonly #reject: (error: ScanError) => void;
  readonly #chunks: Buffer[] = [];
  readonly #cancelled = (): void => this.#fail(new ScanError('CANCELLED'));
  #abort: ((error: Error) => void) | undefined;
  #status = 0;
  #reason = '';
  #headers = new Headers();
  #failure: ScanError | undefined;

  constructor(
    deadlines: Deadlines,
    limits: ExchangeLimits,
    resolve: (reply: WireReply) => void,
    reject: (error: ScanError) => void,
  ) {
    this.deadline = limits.until;
    this.#deadlines = deadlines;
    this.#signal = limits.signal;
    this.#resolve = resolve;
    this.#reject = reject;
    deadlines.add(this);
    if (limits.signal.aborted) this.#cancelled();
    else limits.signal.addEventListener('abort', this.#cancelled, { once: true });
  }

  expire(): void {
    this.#fail(new ScanError('UPSTREAM_TIMEOUT'));
  }

  onConnect(abort: (error: Error) => void): void {
    this.#abort = abort;
    if (this.#failure !== undefined) abort(this.#failure);
  }

  onHeaders(status: number, fields: readonly Buffer[], _resume: () => void, reason: string): boolean {
    this.#status = status;
    this.#reason = reason;
    this.#headers = new Headers(fields.map((field) => field.toString('latin1')));
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    this.#done();
    const [first = Buffer.alloc(0), ...more] = this.#chunks;
    const body = more.length === 0 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, reason: this.#reason, headers: this.#headers, body });
  }

  onError(error: Error): void {
    this.#fail(scanError(error));
  }

  #fail(failure: ScanError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#done();
    this.#abort?.(failure);
    this.#reject(failure);
  }

  #done(): void {
    this.#deadlines.delete(this);
    this.#signal.removeEventListener('abort', this.#cancelled);
  }
}

function scanError(error: NodeJS.ErrnoException): ScanError {
  if (error instanceof ScanError) return error;
  if (error.code === 'UND_ERR_CONNECT_TIMEOUT') return new ScanError('UPSTREAM_TIMEOUT', 'connecting', error);
  if (error.name === 'HTTPParserError' || malformedCodes.has(error.code ?? '')) {
    return new ScanError('UPSTREAM_MALFORMED', error.message, error);
  }
  if (error.code === 'UND_ERR_INVALID_ARG') return new ScanError('BAD_REQUEST', error.message, error);
  return connectionFailure(error);
}

const malformedCodes = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_EXCEEDED_MAX_SIZE']);
