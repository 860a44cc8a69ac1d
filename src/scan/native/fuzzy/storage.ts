import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Attempt, UpstreamGroup } from '../../../upstreams/index.ts';
import { type FuzzyChannel, type FuzzyQuery, type FuzzyReply, readReplies, versions, writeQuery } from './wire.ts';

export interface StorageSettings {
  /** Milliseconds that a reply may take before the question is asked again. */
  readonly timeout: number;
  readonly retransmits: number;
  readonly channel: FuzzyChannel | undefined;
}

/** Of one exchange: what the storage said to each query, and whether it said something to all. */
export interface Exchange {
  /** In the order of the queries; undefined for one without an answer. */
  readonly replies: ReadonlyArray<FuzzyReply | undefined>;
  /** For the log. */
  readonly failure: string | undefined;
}

/** A fuzzy storage on one or several hosts, asked by UDP. */
export class FuzzyStorage {
  readonly #group: UpstreamGroup;
  readonly #settings: StorageSettings;
  /** Hosts that take plain version 4 only. */
  readonly #plain = new Set<string>();
  /** Hosts that are known to take more. */
  readonly #manyFlags = new Set<string>();

  constructor(group: UpstreamGroup, settings: StorageSettings) {
    this.#group = group;
    this.#settings = settings;
  }

  /** Does not reject. @param deadline milliseconds of `performance.now()` */
  async ask(queries: readonly FuzzyQuery[], deadline: number): Promise<Exchange> {
    const nobody = { replies: queries.map(() => undefined), failure: 'no host of the storage can be used' };
    const attempt = this.#group.pick() ?? (await this.#whenReady(deadline));
    if (attempt === undefined) return nobody;
    const { endpoint } = attempt;
    if (endpoint.kind !== 'inet') {
      this.#group.report(attempt, 'neutral');
      return nobody;
    }
    return this.#exchange(attempt, { host: endpoint.address, port: endpoint.port }, queries, deadline);
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

  async #exchange(
    attempt: Attempt,
    { host, port }: { host: string; port: number },
    queries: readonly FuzzyQuery[],
    deadline: number,
  ): Promise<Exchange> {
    const { timeout, retransmits, channel } = this.#settings;
    const first = randomInt(2 ** 32);
    const tagOf = (at: number): number => (first + at) % 2 ** 32;
    const replies: (FuzzyReply | undefined)[] = queries.map(() => undefined);
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    let left = queries.length;
    let sentPlain = false;
    let failure: string | undefined;
    try {
      await new Promise<void>((resolve) => {
        let timer: NodeJS.Timeout | undefined;
        const end = (why?: string): void => {
          clearTimeout(timer);
          failure = why;
          resolve();
        };
        const send = (round: number): void => {
          // A storage that does not know the newer form says nothing at all.
          sentPlain = this.#plain.has(host) || (round > 0 && !this.#manyFlags.has(host));
          const version = sentPlain ? versions.plain : versions.manyFlags;
          for (const [at, query] of queries.entries())
            if (replies[at] === undefined) sendTo(socket, writeQuery(query, tagOf(at), version, channel), end);
          const wait = Math.min(timeout, Math.max(0, deadline - performance.now()));
          const over = round >= retransmits || wait < timeout;
          timer = setTimeout(() => (over ? end(`no answer of ${attempt.label} in time`) : send(round + 1)), wait);
        };
        socket.on('error', (cause) => end(`${attempt.label}: ${cause.message}`));
        socket.on('message', (datagram) => {
          const { replies: found, manyFlags } = readReplies(datagram, channel);
          for (const reply of found) {
            const at = (reply.tag - first + 2 ** 32) % 2 ** 32;
            if (at >= queries.length || replies[at] !== undefined) continue;
            replies[at] = reply;
            left--;
            if (manyFlags) this.#manyFlags.add(host);
            else if (sentPlain && !this.#manyFlags.has(host)) this.#plain.add(host);
          }
          if (left === 0) end();
        });
        // Datagrams of others are not taken.
        socket.on('connect', () => send(0));
        socket.connect(port, host);
      });
    } finally {
      socket.close();
    }
    this.#group.report(attempt, failure === undefined ? 'ok' : 'fail', failure);
    return { replies, failure };
  }
}

function sendTo(socket: Socket, datagram: Buffer, end: (why: string) => void): void {
  socket.send(datagram, (cause) => {
    if (cause !== null) end(`cannot send: ${cause.message}`);
  });
}
