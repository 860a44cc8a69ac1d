import type { Socket } from 'node:net';
import type { Timed } from '../../message/deadlines.ts';
import { ScanError } from '../../message/errors.ts';
import { Headers } from '../../message/headers.ts';
import { formatPeer, type Peer } from '../../message/peer.ts';
import type { ScanReply, ScanRequest } from '../../message/scan.ts';
import { newSessionId } from '../../message/session-id.ts';
import { HttpError, hasToken, MessageReader, requestFraming } from '../../wire/http/index.ts';
import { compressedReply, takesZstd } from './compression.ts';
import { type Dialect, dialectOf, unknownDialect } from './dialect.ts';
import { checkEnvelope, openEnvelope } from './envelope.ts';
import type { Failure } from './http-reply.ts';
import { findMessage } from './inputs.ts';
import { type HttpOptions, limits } from './options.ts';
import type { Received } from './received.ts';

/**
 * Where a connection is:
 *
 *     head ──▶ body ──▶ scanning ──▶ (writing) ──▶ head …
 *       └────────┴──────────┴────────────┴───────▶ closing
 */
type State =
  /** Waiting for a request line and its header; `since` a byte of it came, or not yet. */
  | { readonly at: 'head'; started: boolean }
  | { readonly at: 'body'; readonly dialect: Dialect; readonly headers: Headers }
  | { readonly at: 'scanning'; readonly dialect: Dialect; readonly keep: boolean }
  /** The client is slow to take its reply. */
  | { readonly at: 'writing' }
  /** The last reply is out; what still comes in is thrown away, so that the client can read it. */
  | { readonly at: 'closing' };

/** One connection of a client: requests are read, handed on and answered one after the other. */
export class HttpSession implements Timed {
  deadline: number;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #options: HttpOptions;
  readonly #reader: MessageReader;
  /** The client went away before its message was answered. */
  readonly #gone = { aborted: false };
  readonly #privileged: boolean;
  #state: State = { at: 'head', started: false };
  #sessionId = newSessionId();
  /** The client sends nothing more. */
  #ended = false;
  /** How often it was tried whether a client that ended its side is still there. */
  #probes = 0;
  /** No message is begun any more. */
  #stopping = false;

  constructor(socket: Socket, peer: Peer, options: HttpOptions) {
    this.#socket = socket;
    this.#peer = peer;
    this.#options = options;
    this.#privileged = peer.kind === 'unix' || options.allowFileInputs;
    this.#reader = new MessageReader({ head: limits.headBytes, body: options.maxMessage });
    this.deadline = performance.now() + options.requestTimeout;
    options.deadlines.add(this);
    this.#log('proxy_accept_socket', `accepted http connection from ${describe(peer)}`);
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('end', () => this.#clientEnded());
    socket.on('error', (error) => this.#broken(error));
    socket.on('drain', () => this.#state.at === 'writing' && this.#next());
    socket.on('close', () => {
      options.deadlines.delete(this);
      this.#gone.aborted = true;
    });
  }

  /** The next reply ends the connection; until a request comes it stays open, as one may be on its way. */
  retire(): void {
    this.#stopping = true;
  }

  /** Ends the connection as soon as no message is under way. */
  stop(): void {
    this.retire();
    if (this.#state.at === 'head' && !this.#state.started) this.#close([]);
  }

  expire(): void {
    switch (this.#state.at) {
      case 'head':
      case 'body':
        if (this.#reader.busy || this.#state.at === 'body') {
          this.#refuse({ status: 408, message: 'the request was not complete in time' });
        } else this.#close([]);
        return;
      case 'scanning':
        this.#probe();
        return;
      case 'writing':
      case 'closing':
        this.#socket.destroy();
    }
  }

  #received(chunk: Buffer): void {
    const state = this.#state;
    if (state.at === 'closing') return;
    this.#reader.push(chunk);
    if (state.at === 'head' && !state.started) {
      state.started = true;
      this.deadline = performance.now() + this.#options.requestTimeout;
    }
    if (state.at === 'head' || state.at === 'body') this.#advance();
    else if (this.#reader.unread > limits.aheadBytes) this.#socket.pause();
  }

  #advance(): void {
    try {
      if (this.#state.at === 'head') this.#readHead();
      if (this.#state.at === 'body') this.#readBody(this.#state);
    } catch (error) {
      this.#refuse(error instanceof HttpError ? refusalOf(error) : ScanError.from(error));
    }
  }

  #readHead(): void {
    const head = this.#reader.head();
    if (head === undefined) return;
    const dialect = dialectOf(head.start, this.#options.serverName);
    const headers = new Headers(head.fields);
    this.#state = { at: 'body', dialect, headers };
    checkEnvelope(headers, this.#peer, this.#options);
    this.#reader.expect(requestFraming(headers));
  }

  #readBody(state: Extract<State, { at: 'body' }>): void {
    const { headers: outer } = state;
    const whole = this.#reader.body();
    if (whole === undefined) {
      this.#encourage(state);
      return;
    }
    const both = outer.has('Transfer-Encoding') && outer.has('Content-Length');
    const { dialect, headers, body } = openEnvelope(
      { dialect: state.dialect, headers: outer, body: whole },
      this.#options,
    );
    this.#state = { at: 'scanning', dialect, keep: dialect.keepsOpen(outer) && !both };
    this.deadline = Number.POSITIVE_INFINITY;
    const { transport, target, dropped } = dialect;
    if (transport !== 'http') this.#log('proxy_client_finish_handler', `enabling legacy ${transport} mode for session`);
    const upstream = headers.get('Host');
    this.#scan({ transport, target, upstream, headers: headers.without(dropped), body });
  }

  /** Answers `Expect: 100-continue`, once. */
  #encourage({ dialect, headers }: Extract<State, { at: 'body' }>): void {
    if (!dialect.interim || !hasToken(headers.get('Expect'), '100-continue')) return;
    headers.delete('Expect');
    this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #scan(received: Received): void {
    this.#ask(received)
      .then((reply) => this.#answer((dialect, keep) => dialect.reply(reply, keep)))
      .catch((error: unknown) => this.#fail(ScanError.from(error)));
  }

  async #ask(received: Received): Promise<ScanReply> {
    const { scanTimeout, scan } = this.#options;
    const found = this.#find(received);
    const { transport, target, upstream, headers, body } = found instanceof Promise ? await found : found;
    const request: ScanRequest = {
      transport,
      target,
      upstream,
      headers,
      body,
      peer: this.#peer,
      sessionId: this.#sessionId,
      deadline: performance.now() + scanTimeout,
      signal: this.#gone,
    };
    const reply = await scan(request);
    return transport === 'http' && takesZstd(headers) ? compressedReply(reply) : reply;
  }

  /** In the usual case at once: a promise for each message is not for nothing. */
  #find(received: Received): Received | Promise<Received> {
    try {
      const found = findMessage(received, { privileged: this.#privileged, maxMessage: this.#options.maxMessage });
      return found instanceof Promise ? found.catch((cause: unknown) => this.#notFound(cause)) : found;
    } catch (cause) {
      return this.#notFound(cause);
    }
  }

  #notFound(cause: unknown): never {
    const error = ScanError.from(cause);
    if (error.code === 'FILE_INPUT_REFUSED') this.#logRefusedFile();
    else this.#logAbnormal(error.message);
    throw error;
  }

  #fail(error: ScanError): void {
    this.#answer((dialect, keep) => dialect.failure(error, keep));
  }

  #answer(render: (dialect: Dialect, keep: boolean) => Buffer[]): void {
    if (this.#state.at !== 'scanning' || this.#socket.destroyed) return;
    const { dialect } = this.#state;
    const keep = this.#state.keep && !this.#stopping;
    const pieces = render(dialect, keep);
    if (!keep) {
      this.#close(pieces);
      return;
    }
    if (this.#write(pieces)) this.#next();
    else {
      this.#state = { at: 'writing' };
      this.deadline = performance.now() + this.#options.requestTimeout;
    }
  }

  /** Turns to the next message, which may be there already. */
  #next(): void {
    const { idleTimeout, requestTimeout } = this.#options;
    const started = this.#reader.busy;
    this.#state = { at: 'head', started };
    this.#sessionId = newSessionId();
    this.deadline = performance.now() + (started ? requestTimeout : idleTimeout);
    if (this.#socket.isPaused()) this.#socket.resume();
    if (started) this.#advance();
    if (this.#ended) this.#clientEnded();
  }

  /** A message that cannot be taken: says why and ends the connection. */
  #refuse(failure: Failure): void {
    this.#logAbnormal(failure.message);
    const dialect = 'dialect' in this.#state ? this.#state.dialect : unknownDialect(this.#options.serverName);
    this.#close(dialect.failure(failure, false));
  }

  #close(pieces: readonly Buffer[]): void {
    const midway = this.#state.at === 'body';
    const lingering = performance.now() + limits.linger;
    // A client that is still sending reads its refusal when it is done: it has the time that its message had.
    this.deadline = midway ? Math.max(lingering, this.deadline) : lingering;
    this.#state = { at: 'closing' };
    this.#options.deadlines.add(this);
    this.#write(pieces);
    this.#socket.end();
    this.#socket.resume();
  }

  #write(pieces: readonly Buffer[]): boolean {
    if (pieces.length === 1) return this.#socket.write(pieces[0] as Buffer);
    this.#socket.cork();
    const flowing = pieces.map((piece) => this.#socket.write(piece));
    this.#socket.uncork();
    return flowing.every(Boolean);
  }

  #clientEnded(): void {
    this.#ended = true;
    switch (this.#state.at) {
      case 'head':
        if (this.#reader.busy) this.#refuse(cutOff);
        else this.#close([]);
        return;
      case 'body':
        this.#refuse(cutOff);
        return;
      case 'scanning':
        // Closed on one side only, or gone? Those who may still read get their reply.
        if (this.#state.dialect.interim) this.deadline = performance.now() + limits.probeAfter;
        return;
      case 'writing':
      case 'closing':
    }
  }

  /**
   * A client that ended its side may have closed both: only writing tells, for then its system resets the connection,
   * and the write after that one fails. Interim replies do no harm to a client that waits.
   */
  #probe(): void {
    this.#probes++;
    this.deadline = this.#probes === 1 ? performance.now() + limits.probeAgain : Number.POSITIVE_INFINITY;
    this.#options.deadlines.add(this);
    this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  /** The socket is destroyed and closes next. */
  #broken(error: Error): void {
    if (this.#state.at !== 'closing') this.#logAbnormal(error.message);
  }

  #logAbnormal(text: string): void {
    const client = this.#peer.kind === 'unix' ? this.#peer.path : this.#peer.address;
    this.#log('proxy_client_error_handler', `abnormally closing connection from: ${client}, error: ${text}`);
  }

  #logRefusedFile(): void {
    const text =
      `deny file message source from ${formatPeer(this.#peer)}: this connection is not permitted to use privileged ` +
      'inputs; set `allow_file_and_shm_inputs = true` for this worker if all of its clients are trusted';
    this.#log('proxy_sanitize_privileged_inputs', text);
  }

  #log(fn: string, text: string): void {
    this.#options.logger.log('info', 'proxy', fn, this.#sessionId, text);
  }
}

const cutOff: Failure = { status: 400, message: 'the connection was closed in the middle of a request' };

const describe = (peer: Peer): string =>
  peer.kind === 'unix' ? `${peer.path} port 0` : `${peer.address} port ${peer.port}`;

function refusalOf(error: HttpError): Failure {
  switch (error.fault) {
    case 'body too large':
      return new ScanError('MESSAGE_TOO_LARGE', error.message);
    case 'head too large':
      return { status: 431, message: error.message };
    case 'malformed':
      return new ScanError('BAD_REQUEST', error.message);
  }
}
