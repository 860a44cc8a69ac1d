import type { Attempt, UpstreamGroup } from '../../../upstreams/index.ts';
import type { DatagramSocket, Datagrams } from '../../datagrams/index.ts';
import { Questions } from './questions.ts';
import { FuzzyStream } from './stream.ts';
import { type FuzzyChannel, type FuzzyQuery, type FuzzyReply, readReplies, versions } from './wire.ts';

/** When connections are used. Times in milliseconds. */
export interface TcpSettings {
  /** `auto`: while there are many messages. */
  readonly use: 'never' | 'always' | 'auto';
  /** Messages in a second that are many. */
  readonly threshold: number;
  /** Messages are counted for so long. */
  readonly window: number;
  /** Connecting may take so long, and an unused connection is kept so long. */
  readonly timeout: number;
  /** After a failure none is made for so long. */
  readonly retryDelay: number;
}

export interface StorageSettings {
  /** Milliseconds that a reply may take before the question is asked again. */
  readonly timeout: number;
  readonly retransmits: number;
  readonly channel: FuzzyChannel | undefined;
  readonly tcp: TcpSettings;
  /** Takes what the operator should know of connections. */
  warn(text: string): void;
}

/** Of one exchange: what the storage said to each query, and whether it said something to all. */
export interface Exchange {
  /** In the order of the queries; undefined for one without an answer. */
  readonly replies: ReadonlyArray<FuzzyReply | undefined>;
  /** For the log. */
  readonly failure: string | undefined;
}

/** A host that a message goes to. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly label: string;
}

/** A fuzzy storage on one or several hosts, asked by UDP, or by TCP where the operator says so and a connection is there. */
export class FuzzyStorage {
  readonly #group: UpstreamGroup;
  readonly #settings: StorageSettings;
  readonly #datagrams: Datagrams;
  /** Hosts that take plain version 4 only. */
  readonly #plain = new Set<string>();
  /** Hosts that are known to take more. */
  readonly #manyFlags = new Set<string>();
  readonly #streams = new Map<string, FuzzyStream>();
  /** When connections failed. */
  readonly #failures = new Map<string, number>();
  #window = { start: Number.NEGATIVE_INFINITY, messages: 0 };

  constructor(group: UpstreamGroup, settings: StorageSettings, datagrams: Datagrams) {
    this.#group = group;
    this.#settings = settings;
    this.#datagrams = datagrams;
  }

  /** Does not reject. @param deadline milliseconds of `performance.now()` */
  async ask(queries: readonly FuzzyQuery[], deadline: number): Promise<Exchange> {
    const wantsTcp = this.#wantsTcp(performance.now());
    const questions = new Questions(queries, this.#settings.channel);
    const { replies } = questions;
    const nobody = { replies, failure: 'no host of the storage can be used' };
    const attempt = this.#group.pick() ?? (await this.#whenReady(deadline));
    if (attempt === undefined) return nobody;
    const { endpoint, label } = attempt;
    if (endpoint.kind !== 'inet') {
      this.#group.report(attempt, 'neutral');
      return nobody;
    }
    const target = { host: endpoint.address, port: endpoint.port, label };
    const stream = wantsTcp ? this.#streamTo(target) : undefined;
    const failure =
      stream === undefined
        ? await this.#byUdp(target, questions, deadline)
        : await this.#byTcp(stream, target, questions, deadline);
    this.#group.report(attempt, failure === undefined ? 'ok' : 'fail', failure);
    return { replies, failure };
  }

  /** Names of hosts are looked up when they are first needed. */
  async #whenReady(deadline: number): Promise<Attempt | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(this.#settings.timeout, Math.max(0, deadline - performance.now())));
    });
    await Promise.race([this.#group.ready, late]);
    clearTimeout(timer);
    return this.#group.pick();
  }

  /** Counts a message (rspamd: src/plugins/fuzzy_check.c:fuzzy_should_try_tcp). */
  #wantsTcp(now: number): boolean {
    const { use, window, threshold } = this.#settings.tcp;
    if (now - this.#window.start >= window) this.#window = { start: now, messages: 0 };
    this.#window.messages++;
    const elapsed = now - this.#window.start;
    const rate = elapsed > 0 ? (this.#window.messages * 1000) / elapsed : 0;
    return use === 'always' || (use === 'auto' && rate > threshold);
  }

  /** A connection that can be used; makes one for later messages where there is none. */
  #streamTo({ host, port, label }: Target): FuzzyStream | undefined {
    const { channel, tcp, warn } = this.#settings;
    const name = `${host} ${port}`;
    const known = this.#streams.get(name);
    if (known !== undefined) return known.isOpen ? known : undefined;
    const failedAt = this.#failures.get(name);
    if (failedAt !== undefined && performance.now() - failedAt < tcp.retryDelay) return undefined;
    const stream = new FuzzyStream({
      host,
      port,
      channel,
      timeout: tcp.timeout,
      ended: (failure) => {
        this.#streams.delete(name);
        if (failure === undefined) return;
        this.#failures.set(name, performance.now());
        warn(`TCP connection to ${label}: ${failure}; it is asked by UDP`);
      },
    });
    this.#streams.set(name, stream);
    return undefined;
  }

  /** @returns what went wrong, for the log */
  async #byTcp(
    stream: FuzzyStream,
    target: Target,
    questions: Questions,
    deadline: number,
  ): Promise<string | undefined> {
    const version = this.#plain.has(target.host) ? versions.plain : versions.manyFlags;
    const wait = Math.min(this.#settings.timeout, Math.max(0, deadline - performance.now()));
    const end = await stream.ask(questions, version, wait);
    if (end === 'lost') return this.#byUdp(target, questions, deadline);
    return end === 'late' ? `no answer of ${target.label} in time by TCP` : undefined;
  }

  /** @returns what went wrong, for the log */
  async #byUdp({ host, port, label }: Target, questions: Questions, deadline: number): Promise<string | undefined> {
    const { timeout, retransmits, channel } = this.#settings;
    let socket: DatagramSocket | undefined;
    let sentPlain = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string | undefined>((resolve) => {
        const send = (round: number): void => {
          // A storage that does not know the newer form says nothing at all.
          sentPlain = this.#plain.has(host) || (round > 0 && !this.#manyFlags.has(host));
          for (const packet of questions.open(sentPlain ? versions.plain : versions.manyFlags)) socket?.send(packet);
          const wait = Math.min(timeout, Math.max(0, deadline - performance.now()));
          const over = round >= retransmits || wait < timeout;
          timer = setTimeout(() => (over ? resolve(`no answer of ${label} in time`) : send(round + 1)), wait);
        };
        const hear = (datagram: Buffer): void => {
          const { replies, manyFlags } = readReplies(datagram, channel);
          for (const reply of replies) {
            if (!questions.take(reply)) continue;
            if (manyFlags) this.#manyFlags.add(host);
            else if (sentPlain && !this.#manyFlags.has(host)) this.#plain.add(host);
          }
          if (questions.isAnswered) resolve(undefined);
        };
        // Datagrams of others are not taken.
        socket = this.#datagrams.connect(host, port, {
          message: hear,
          failed: (reason) => resolve(`${label}: ${reason}`),
        });
        send(0);
      });
    } finally {
      clearTimeout(timer);
      socket?.close();
    }
  }
}
