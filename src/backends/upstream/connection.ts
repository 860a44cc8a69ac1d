import type { Socket } from 'node:net';
import type { Timed } from '../../message/deadlines.ts';
import { ScanError } from '../../message/errors.ts';
import { Headers } from '../../message/headers.ts';
import type { StatusLine } from '../../wire/http/index.ts';
import { HttpError, hasToken, MessageReader, parseStatusLine, replyFraming } from '../../wire/http/index.ts';
import type { ExchangeLimits } from './connections.ts';
import { connectionFailure, handshakeFailure } from './failure.ts';
import type { WireReply } from './reply.ts';
import { type Stage, type StageLimits, stageText } from './stages.ts';

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

export interface ConnectionOptions {
  /** Makes the socket, and calls back with what comes in. */
  readonly open: (received: (chunk: Buffer) => void) => Socket;
  /** Connects a socket anew that was closed with nothing left on it; undefined where that cannot be done. */
  readonly reopen: ((socket: Socket) => void) | undefined;
  /** Nothing is sent before the socket is secured. */
  readonly tls: boolean;
  /** Bytes of a reply's body. */
  readonly maxReply: number;
  /** Undefined where no stage has a limit of its own. */
  readonly stages: StageLimits | undefined;
}

interface Exchange extends ReplyHandler {
  readonly signal: ExchangeLimits['signal'];
  readonly until: number;
  readonly reused: boolean;
  stage: Stage;
  heard: boolean;
  interim: number;
}

/**
 * One connection to a scanner, and one exchange after the other on it:
 *
 *     resting ──send──▶ waiting for the head ──▶ reading the body ──▶ resting
 *        └──────────────────┴─────────────────────────┴────────────▶ closed ──reopen──▶ resting
 *
 * Whatever the scanner does ends in a reply or a ScanError; only a connection on which nothing is left over is used
 * again.
 */
export class Connection implements Timed {
  /** Of the exchange, or of the rest. */
  deadline = Number.POSITIVE_INFINITY;
  readonly #socket: Socket;
  readonly #reopen: ((socket: Socket) => void) | undefined;
  readonly #reader: MessageReader;
  readonly #owner: ConnectionOwner;
  readonly #stages: StageLimits | undefined;
  /** What is sent when the connection is secured; undefined on one that needs no securing, or has it. */
  #held: Buffer[] | undefined;
  #exchange: Exchange | undefined;
  #head: { readonly line: StatusLine; readonly headers: Headers } | undefined;
  #uses = 0;
  #opened = performance.now();
  /** Nothing came or went but complete exchanges, and it was not the scanner that closed it. */
  #clean = false;

  constructor({ open, reopen, tls, maxReply, stages }: ConnectionOptions, owner: ConnectionOwner) {
    const socket = open((chunk) => this.#received(chunk));
    this.#socket = socket;
    this.#reopen = reopen;
    this.#owner = owner;
    this.#stages = stages;
    this.#held = tls ? [] : undefined;
    this.#reader = new MessageReader({ head: MAX_HEAD, body: maxReply });
    if (stages !== undefined) socket.on('connect', () => this.#enter(tls ? 'securing' : 'sending'));
    if (tls) socket.once('secureConnect', () => this.#secured());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#broken(error));
    socket.on('close', () => {
      if (this.#exchange !== undefined) this.#fail(new ScanError('UPSTREAM_BROKEN', 'unexpected end'));
      owner.gone(this);
    });
  }

  /** Exchanges begun on it. */
  get uses(): number {
    return this.#uses;
  }

  /** In milliseconds of `performance.now()`. */
  get opened(): number {
    return this.#opened;
  }

  /** Whether it can be opened again when it is closed. A socket may still hold what it could not send. */
  get reopens(): boolean {
    return this.#clean && this.#reopen !== undefined;
  }

  /** Only for one that `reopens`, and that is closed. */
  reopen(): void {
    this.#clean = false;
    this.#uses = 0;
    this.#opened = performance.now();
    this.#reopen?.(this.#socket);
  }

  /** @param pieces the request, head first */
  send(pieces: readonly Buffer[], { until, signal }: ExchangeLimits, handler: ReplyHandler): void {
    const { resolve, reject } = handler;
    const reused = this.#uses++ > 0;
    this.#clean = false;
    const stage = reused ? 'sending' : 'connecting';
    this.#exchange = { resolve, reject, signal, until, reused, stage, heard: false, interim: 0 };
    this.#enter(stage);
    if (this.#held === undefined) this.#write(pieces);
    else this.#held.push(...pieces);
  }

  get cancelled(): boolean {
    return this.#exchange?.signal.aborted === true;
  }

  /** The deadline has passed, of a scanner that is slow or of a rest; or nobody waits for the reply any more. */
  expire(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) this.#socket.destroy();
    else if (this.cancelled) this.#fail(new ScanError('CANCELLED'));
    else this.#fail(new ScanError('UPSTREAM_TIMEOUT', this.#exceeded(exchange)));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #write(pieces: readonly Buffer[]): void {
    if (this.#stages === undefined) for (const piece of pieces) this.#socket.write(piece);
    else
      for (const [at, piece] of pieces.entries())
        this.#socket.write(piece, at === pieces.length - 1 ? () => this.#sent() : undefined);
  }

  #sent(): void {
    if (this.#exchange?.stage === 'sending') this.#enter('receiving');
  }

  /** Only now it is known that the other end is the one that the message is for. */
  #secured(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#enter('sending');
    this.#write(held);
  }

  #enter(stage: Stage): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.stage = stage;
    const limit = this.#stages?.[stage] ?? 0;
    this.deadline = limit > 0 ? Math.min(exchange.until, performance.now() + limit) : exchange.until;
  }

  /** Which stage took longer than it may, if it was that. */
  #exceeded({ stage, until }: Exchange): string | undefined {
    if (this.deadline >= until) return undefined;
    return `${stageText[stage]} took longer than ${(this.#stages?.[stage] ?? 0) / 1000} s`;
  }

  #broken(error: Error): void {
    this.#clean = false;
    if (this.#exchange === undefined) return;
    this.#fail(this.#held === undefined ? connectionFailure(error) : handshakeFailure(error));
  }

  #received(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // Nobody asked for it.
      this.#clean = false;
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
    this.#clean = !(this.#reader.busy || this.#socket.writableLength > 0 || this.#socket.readableEnded);
    const restFor = this.#restFor(line, headers);
    this.#settle();
    if (restFor > 0) this.#owner.free(this, restFor);
    else this.#socket.destroy();
    exchange.resolve({ status: line.status, reason: line.reason, headers, body });
  }

  /** Milliseconds for which the scanner lets the connection rest; 0 if it closes it or something is left over on it. */
  #restFor({ minor }: StatusLine, headers: Headers): number {
    const connection = headers.get('Connection');
    const keeps = minor > 0 ? !hasToken(connection, 'close') : hasToken(connection, 'keep-alive');
    if (!this.#clean || !keeps) return 0;
    const seconds = /timeout=(\d{1,6})/i.exec(headers.get('Keep-Alive') ?? '')?.[1];
    // A little before the scanner does, so that no request meets its closing.
    return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000 - 1000;
  }

  #ended(): void {
    this.#clean = false;
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
