import type { Socket } from 'node:net';
import type { Timed } from '../../message/deadlines.ts';
import { ScanError } from '../../message/errors.ts';
import { Headers } from '../../message/headers.ts';
import type { StatusLine } from '../../wire/http/index.ts';
import { HttpError, hasToken, MessageReader, parseStatusLine, replyFraming } from '../../wire/http/index.ts';
import type { ExchangeLimits } from './connections.ts';
import { connectionFailure } from './failure.ts';
import type { WireReply } from './reply.ts';

/** Bytes of a reply's status line and header. */
const MAX_HEAD = 80 * 1024;
/** Interim replies (1xx) before the real one. */
const MAX_INTERIM = 16;

/** Whom a connection tells what became of it. */
export interface ConnectionOwner {
  /** It can be used again; whether to keep it is for the owner to say. @param restFor how long the scanner allows, in ms */
  free(connection: Connection, restFor: number): void;
  /** It is closed, whatever it was doing. */
  gone(connection: Connection): void;
}

export interface ReplyHandler {
  resolve(reply: WireReply): void;
  /** @param unused nothing came back over a connection that had been used before: another one may do better */
  reject(error: ScanError, unused: boolean): void;
}

interface Exchange extends ReplyHandler {
  readonly signal: ExchangeLimits['signal'];
  readonly reused: boolean;
  heard: boolean;
  interim: number;
}

/**
 * One connection to a scanner, and one exchange after the other on it:
 *
 *     resting ──send──▶ waiting for the head ──▶ reading the body ──▶ resting
 *        └──────────────────┴─────────────────────────┴────────────▶ closed
 *
 * Whatever the scanner does ends in a reply or a ScanError; only a connection on which nothing is left over is used
 * again.
 */
export class Connection implements Timed {
  /** Of the exchange, or of the rest. */
  deadline = Number.POSITIVE_INFINITY;
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #owner: ConnectionOwner;
  #exchange: Exchange | undefined;
  #head: { readonly line: StatusLine; readonly headers: Headers } | undefined;
  #used = false;

  /** @param open makes the socket, and calls back with what comes in */
  constructor(open: (received: (chunk: Buffer) => void) => Socket, maxReply: number, owner: ConnectionOwner) {
    const socket = open((chunk) => this.#received(chunk));
    this.#socket = socket;
    this.#owner = owner;
    this.#reader = new MessageReader({ head: MAX_HEAD, body: maxReply });
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#exchange !== undefined && this.#fail(connectionFailure(error)));
    socket.on('close', () => {
      if (this.#exchange !== undefined) this.#fail(new ScanError('UPSTREAM_BROKEN', 'unexpected end'));
      owner.gone(this);
    });
  }

  /** @param pieces the request, head first */
  send(pieces: readonly Buffer[], { until, signal }: ExchangeLimits, handler: ReplyHandler): void {
    const { resolve, reject } = handler;
    this.#exchange = { resolve, reject, signal, reused: this.#used, heard: false, interim: 0 };
    this.#used = true;
    this.deadline = until;
    for (const piece of pieces) this.#socket.write(piece);
  }

  get cancelled(): boolean {
    return this.#exchange?.signal.aborted === true;
  }

  /** The deadline has passed, of a scanner that is slow or of a rest; or nobody waits for the reply any more. */
  expire(): void {
    if (this.#exchange === undefined) this.#socket.destroy();
    else this.#fail(new ScanError(this.cancelled ? 'CANCELLED' : 'UPSTREAM_TIMEOUT'));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // Nobody asked for it.
      this.#socket.destroy();
      return;
    }
    exchange.heard = true;
    this.#reader.push(chunk);
    try {
      if (this.#head === undefined) this.#readHead(exchange);
      if (this.#head !== undefined) this.#finish(this.#reader.body());
    } catch (error) {
      this.#fail(
        error instanceof HttpError ? new ScanError('UPSTREAM_MALFORMED', error.message) : ScanError.from(error),
      );
    }
  }

  #readHead(exchange: Exchange): void {
    for (let head = this.#reader.head(); head !== undefined; head = this.#reader.head()) {
      const line = parseStatusLine(head.start);
      const headers = new Headers(head.fields);
      this.#reader.expect(replyFraming(line.status, headers));
      if (line.status >= 200) {
        this.#head = { line, headers };
        return;
      }
      if (line.status === 101 || ++exchange.interim > MAX_INTERIM) {
        throw new ScanError('UPSTREAM_MALFORMED', 'interim replies without end');
      }
      this.#reader.body();
    }
    if (!this.#reader.mayBegin('HTTP/')) throw new ScanError('UPSTREAM_MALFORMED', 'not an HTTP reply');
  }

  #finish(body: Buffer | undefined): void {
    const [exchange, head] = [this.#exchange, this.#head];
    if (body === undefined || exchange === undefined || head === undefined) return;
    const { line, headers } = head;
    const restFor = this.#restFor(line, headers);
    this.#settle();
    if (restFor > 0) this.#owner.free(this, restFor);
    else this.#socket.destroy();
    exchange.resolve({ status: line.status, reason: line.reason, headers, body });
  }

  /** Milliseconds for which the scanner lets the connection rest; 0 if it closes it or something is left over on it. */
  #restFor({ minor }: StatusLine, headers: Headers): number {
    const leftOver = this.#reader.busy || this.#socket.writableLength > 0 || this.#socket.readableEnded;
    const connection = headers.get('Connection');
    const keeps = minor > 0 ? !hasToken(connection, 'close') : hasToken(connection, 'keep-alive');
    if (leftOver || !keeps) return 0;
    const seconds = /timeout=(\d{1,6})/i.exec(headers.get('Keep-Alive') ?? '')?.[1];
    // A little before the scanner does, so that no request meets its closing.
    return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000 - 1000;
  }

  #ended(): void {
    if (this.#head === undefined || this.#exchange === undefined) return;
    try {
      this.#finish(this.#reader.end());
    } catch {
      // Cut off: closing tells so.
    }
  }

  #fail(error: ScanError): void {
    const exchange = this.#exchange;
    this.#socket.destroy();
    if (exchange === undefined) return;
    this.#settle();
    exchange.reject(error, error.code === 'UPSTREAM_BROKEN' && exchange.reused && !exchange.heard);
  }

  #settle(): void {
    this.#exchange = undefined;
    this.#head = undefined;
  }
}
