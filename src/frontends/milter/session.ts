import { count, type Tally } from '../../message/counts.ts';
import { ProtocolError, ScanError } from '../../message/errors.ts';
import type { Logger, LogLevel } from '../../message/log.ts';
import { formatPeer, type Peer } from '../../message/peer.ts';
import type { Scan, ScanReply, ScanRequest } from '../../message/scan.ts';
import { newSessionId } from '../../message/session-id.ts';
import { command, type Frame, FrameDecoder } from '../../wire/milter/index.ts';
import { Conversation, type Effect } from './conversation.ts';
import { type Decision, decide, tempfail } from './decision.ts';
import { answerHttp, isHttpGet, tellingBytes } from './first-bytes.ts';
import { wantsReply } from './negotiation.ts';
import { type MilterOptions, sessionLimits } from './options.ts';
import { Outbox, type Wire } from './outbox.ts';

export interface SessionServices {
  readonly scan: Scan;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock, the one that deadlines are made of. */
  now(): number;
  /** Where it is counted what MTAs were told, by action; `tempfail` where there was none. */
  readonly verdicts?: Tally | undefined;
}

/** A message on its way through the scanner. */
interface Scanning {
  readonly at: 'scanning';
  /** What the scan is told of. */
  readonly signal: { aborted: boolean };
  readonly headerNames: readonly string[];
  readonly id: string;
  readonly deadline: number;
  lastProgress: number;
}

type Phase =
  /** Too few bytes to tell what the client speaks. */
  | { readonly at: 'opening'; readonly head: Buffer }
  | { readonly at: 'http'; readonly request: Buffer }
  | { readonly at: 'commands' }
  | Scanning
  | { readonly at: 'closed' };

const commands: Phase = { at: 'commands' };
const closed: Phase = { at: 'closed' };

/**
 * One milter connection: bytes, end of input and ticks in; packets, scans and log lines out. During a scan further
 * commands wait in the decoder, except that an abort drops the verdict and a quit ends the session; both cancel the
 * scan. Each end of message gets exactly one verdict, and nothing follows that. No method throws.
 */
export class MilterSession {
  readonly #options: MilterOptions;
  readonly #services: SessionServices;
  readonly #peer: Peer;
  readonly #out: Outbox;
  readonly #decoder = new FrameDecoder();
  readonly #conversation: Conversation;
  readonly #id: string;
  #phase: Phase = { at: 'opening', head: Buffer.alloc(0) };
  #messages = 0;
  #draining = false;
  /** Whether anything moved since the last tick. */
  #active = false;
  #lastActivity: number;

  constructor(options: MilterOptions, services: SessionServices, peer: Peer, wire: Wire) {
    this.#options = options;
    this.#services = services;
    this.#peer = peer;
    this.#out = new Outbox(wire);
    this.#conversation = new Conversation(options);
    this.#id = newSessionId();
    this.#lastActivity = services.now();
    const [from, port] = peer.kind === 'inet' ? [peer.address, peer.port] : [peer.path, 0];
    this.#log('info', 'proxy', 'proxy_accept_socket', `accepted milter connection from ${from} port ${port}`);
  }

  receive(chunk: Buffer): void {
    this.#active = true;
    this.#guarded(() => this.#take(chunk));
  }

  /** The peer sends no more: whatever it waited for is of no use to it. */
  end(): void {
    this.fail('Unexpected EOF');
  }

  /** The peer has taken what was written. */
  drained(): void {
    this.#active = true;
    this.#out.drained();
    this.#regulate();
  }

  /** About once a second: progress, deadlines, idle limits. */
  tick(): void {
    const now = this.#services.now();
    if (this.#active) {
      this.#active = false;
      this.#lastActivity = now;
    }
    const phase = this.#phase;
    if (phase.at === 'scanning') this.#watch(phase, now);
    else if (now - this.#lastActivity >= this.#patience()) this.fail('connection timed out');
  }

  /** No new message: ends now, or with the verdict of the message in hand. */
  drain(): void {
    this.#draining = true;
    if (this.#phase.at !== 'scanning' && !this.#conversation.inMessage) this.#finish();
  }

  /** Ends whatever is going on. */
  fail(why: string): void {
    const text = `abnormally closing milter connection from: ${formatPeer(this.#peer)}, error: ${why}`;
    this.#close('proxy_milter_error_handler', text);
  }

  /** Runs a step that input can make fail, then sends what there is to say. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      // A mistake of ours must not take other sessions down.
      if (!(error instanceof ProtocolError)) this.#reportFault(error);
      this.fail(error instanceof ProtocolError ? error.message : 'internal error');
    }
    this.#out.flush();
    this.#regulate();
  }

  #take(chunk: Buffer): void {
    const phase = this.#phase;
    switch (phase.at) {
      case 'opening':
        this.#open(phase.head.length === 0 ? chunk : Buffer.concat([phase.head, chunk]));
        break;
      case 'http':
        this.#answerHttp(Buffer.concat([phase.request, chunk]));
        break;
      case 'commands':
      case 'scanning':
        this.#decoder.push(chunk);
        this.#run();
        break;
      case 'closed':
    }
  }

  #open(head: Buffer): void {
    if (head.length < tellingBytes) {
      this.#phase = { at: 'opening', head };
    } else if (isHttpGet(head)) {
      this.#answerHttp(head);
    } else {
      this.#phase = commands;
      this.#decoder.push(head);
      this.#run();
    }
  }

  #answerHttp(request: Buffer): void {
    this.#phase = { at: 'http', request };
    const answer = answerHttp(request, this.#options.serverHeader);
    if (answer === undefined) return;
    this.#out.write([answer]);
    const text = `normally closing milter connection from: ${formatPeer(this.#peer)}, ping command`;
    this.#close('proxy_milter_error_handler', text);
  }

  /** Takes commands until there are no more, or one has to wait for a verdict. */
  #run(): void {
    for (let frame = this.#nextFrame(); frame !== undefined; frame = this.#nextFrame()) this.#step(frame);
  }

  /** During a scan only an abort or a quit, if that comes next. */
  #nextFrame(): Frame | undefined {
    if (this.#phase.at === 'commands') return this.#decoder.pull();
    if (this.#phase.at !== 'scanning') return undefined;
    const next = this.#decoder.peek()?.command;
    return next === command.abort || next === command.quit ? this.#decoder.pull() : undefined;
  }

  #step(frame: Frame): void {
    if (this.#phase.at === 'scanning') {
      this.#phase.signal.aborted = true;
      this.#phase = commands;
    }
    const effect = this.#conversation.step(frame);
    if (effect !== undefined) this.#apply(effect);
    if (wantsReply(this.#conversation.terms, frame.command)) this.#out.add({ is: 'continue' });
  }

  #apply(effect: Effect): void {
    switch (effect.does) {
      case 'negotiate':
        this.#out.add({ is: 'negotiate', ...effect.terms });
        break;
      case 'connect': {
        const from = effect.client.address === undefined ? 'unknown' : formatPeer(effect.client.address);
        this.#log('info', 'milter', 'rspamd_milter_process_command', `got connection from ${from}`);
        break;
      }
      case 'scan':
        this.#scan(effect);
        break;
      case 'quit':
        this.#finish();
    }
  }

  #scan({ transaction, headers }: Extract<Effect, { does: 'scan' }>): void {
    const id = this.#messages++ === 0 ? this.#id : newSessionId();
    if (transaction.tooLarge) {
      this.#answer(tempfail(`message is larger than max_message (${this.#options.maxMessage} bytes)`), id);
      return;
    }
    const now = this.#services.now();
    const deadline = now + this.#options.scanDeadline;
    const signal = { aborted: false };
    const { headerNames } = transaction;
    const phase: Scanning = { at: 'scanning', signal, headerNames, id, deadline, lastProgress: now };
    this.#phase = phase;
    const request: ScanRequest = {
      transport: 'milter',
      peer: this.#peer,
      target: '/checkv2',
      headers,
      upstream: undefined,
      body: transaction.message(),
      sessionId: id,
      deadline,
      signal,
    };
    started(this.#services.scan, request).then(
      (reply) => this.#conclude(phase, () => this.#decide(phase, reply)),
      (error: unknown) => this.#conclude(phase, () => tempfail(ScanError.from(error).message)),
    );
  }

  #decide(phase: Scanning, reply: ScanReply): Decision {
    const { terms, leadingSpace } = this.#conversation;
    const { headerNames } = phase;
    try {
      return decide(reply, { options: this.#options, actions: terms.actions, leadingSpace, headerNames });
    } catch (error) {
      this.#reportFault(error);
      return tempfail('internal error');
    }
  }

  /** The scan is over: verdict out, then the commands that waited. Nothing happens if the scan was cancelled. */
  #conclude(phase: Scanning, decision: () => Decision): void {
    if (this.#phase !== phase) return;
    this.#phase = commands;
    this.#active = true;
    this.#guarded(() => {
      this.#answer(decision(), phase.id);
      this.#run();
    });
  }

  #answer({ action, edits, verdict, notes }: Decision, id: string): void {
    if (this.#services.verdicts !== undefined) count(this.#services.verdicts, action ?? 'tempfail');
    for (const { level, fn, text } of notes) this.#log(level, 'milter', fn, text, id);
    this.#out.addAll(edits);
    this.#out.add(verdict);
    if (this.#draining) this.#finish();
  }

  #watch(phase: Scanning, now: number): void {
    if (now >= phase.deadline) {
      this.#conclude(phase, () => tempfail(new ScanError('DEADLINE').message));
      phase.signal.aborted = true;
    } else if (now - phase.lastProgress >= this.#options.progressInterval) {
      phase.lastProgress = now;
      this.#out.add({ is: 'progress' });
      this.#out.flush();
    }
  }

  /** How long nothing may happen in the present phase. */
  #patience(): number {
    const waiting = this.#phase.at !== 'commands' || this.#decoder.buffered > 0 || this.#out.congested;
    return waiting ? this.#options.packetTimeout : this.#options.idleTimeout;
  }

  #finish(): void {
    this.#close('proxy_milter_finish_handler', 'finished milter connection');
  }

  /** The one way out: what is queued is sent, a scan is cancelled, and nothing is taken in any more. */
  #close(fn: string, text: string): void {
    const phase = this.#phase;
    if (phase.at === 'closed') return;
    this.#log('info', 'proxy', fn, text);
    this.#phase = closed;
    if (phase.at === 'scanning') phase.signal.aborted = true;
    this.#out.close();
  }

  /** During a scan no more is read than can be held. */
  #regulate(): void {
    if (this.#phase.at === 'closed') return;
    this.#out.regulate(this.#phase.at === 'scanning' && this.#decoder.buffered > sessionLimits.heldBytes);
  }

  #reportFault(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log('critical', 'milter', 'rspamd_milter_io_handler', `internal error: ${text}`);
  }

  #log(level: LogLevel, module: string, fn: string, text: string, id = this.#id): void {
    this.#services.logger.log(level, module, fn, id, text);
  }
}

/** A scan that fails before it gets to its promise fails all the same. */
function started(scan: Scan, request: ScanRequest): Promise<ScanReply> {
  try {
    return scan(request);
  } catch (error) {
    return Promise.reject(error);
  }
}
