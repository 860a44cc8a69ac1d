import type { Attempt } from '../../upstreams/index.ts';
import type { DnsAnswer, DnsType } from '../dns-answer.ts';
import type { Nameserver, TransportError } from './nameserver.ts';
import { answerOf, errorTexts, failure } from './outcomes.ts';
import type { Servers, Turn } from './servers.ts';
import { decodeReply, encodeQuery, type WireReply } from './wire.ts';

export interface QuestionSettings {
  /** Wait for one reply, milliseconds. */
  readonly timeout: number;
  /** How often a question is sent. */
  readonly retransmits: number;
  /** Records that prove others are asked for too (DNSSEC). */
  readonly dnssec: boolean;
}

export interface Answered {
  readonly answer: DnsAnswer;
  /** Seconds that it may be kept; undefined where it may not. */
  readonly ttl: number | undefined;
}

/**
 * One question on its way: sent again where no reply comes in time, to another server where one fails, over TCP where a
 * reply is cut. A reply counts as long as the question is open, to whichever sending it belongs.
 */
export class Question {
  readonly #name: string;
  readonly #type: DnsType;
  readonly #servers: Servers;
  readonly #settings: QuestionSettings;
  readonly #tried: Attempt[] = [];
  /** All sendings, and what ends the listening for their replies. */
  readonly #turns: (readonly [turn: Turn, stop: () => void])[] = [];
  readonly #failed = new Set<Nameserver>();
  /** The last sending; only its failure leads to another one. */
  #turn: Turn | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #last = failure(errorTexts.timeout);
  #resolve: ((answered: Answered) => void) | undefined;

  /** @param name as of questionName */
  constructor(name: string, type: DnsType, servers: Servers, settings: QuestionSettings) {
    this.#name = name;
    this.#type = type;
    this.#servers = servers;
    this.#settings = settings;
  }

  /** Does not reject. */
  ask(): Promise<Answered> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      // Names of nameservers are looked up at the start.
      void this.#servers.ready.then(() => this.#send());
    });
  }

  #send(): void {
    clearTimeout(this.#timer);
    const { retransmits, timeout } = this.#settings;
    if (this.#sent >= Math.max(1, retransmits)) {
      this.#end(this.#last);
      return;
    }
    const turn = this.#servers.next(this.#name, this.#tried);
    if (turn === undefined) {
      this.#end(failure('no nameserver is known'));
      return;
    }
    this.#sent++;
    this.#turn = turn;
    this.#timer = setTimeout(() => this.#unanswered(turn, 'timeout'), timeout);
    const stop = turn.server.askUdp((id) => this.#encode(id), {
      offer: (message) => {
        const reply = decodeReply(message, this.#name, this.#type);
        if (reply !== undefined) this.#hear(turn, reply);
      },
      fail: () => this.#unanswered(turn, 'network'),
    });
    this.#turns.push([turn, stop]);
  }

  #encode(id: number): Buffer {
    return encodeQuery(id, this.#name, this.#type, this.#settings.dnssec);
  }

  #unanswered(turn: Turn, error: TransportError): void {
    if (this.#resolve === undefined) return;
    turn.report('fail', errorTexts[error]);
    if (turn !== this.#turn) return;
    this.#last = failure(errorTexts[error]);
    this.#send();
  }

  #hear(turn: Turn, reply: WireReply): void {
    if (this.#resolve === undefined) return;
    turn.report('ok');
    if (reply.truncated) {
      void this.#askTcp(turn, reply.id);
      return;
    }
    const answer = answerOf(reply);
    if (answer.status === 'fail') {
      this.#last = answer;
      this.#failed.add(turn.server);
    }
    // A server that fails is believed once all have been heard.
    if (answer.status !== 'fail' || this.#failed.size >= this.#servers.living) this.#end(answer, reply.ttl);
    else if (turn === this.#turn) this.#send();
  }

  async #askTcp(turn: Turn, id: number): Promise<void> {
    this.#turn = turn;
    clearTimeout(this.#timer);
    const read = (message: Buffer): WireReply | undefined => {
      const reply = decodeReply(message, this.#name, this.#type);
      return reply?.truncated === true ? undefined : reply;
    };
    const reply = await turn.server.askTcp(this.#encode(id), read, this.#settings.timeout);
    if (typeof reply === 'string') this.#unanswered(turn, reply);
    else this.#hear(turn, reply);
  }

  #end(answer: DnsAnswer, ttl?: number): void {
    clearTimeout(this.#timer);
    for (const [turn, stop] of this.#turns) {
      stop();
      // One that is still waited for has neither answered nor failed.
      turn.report('neutral');
    }
    this.#resolve?.({ answer, ttl });
    this.#resolve = undefined;
  }
}
