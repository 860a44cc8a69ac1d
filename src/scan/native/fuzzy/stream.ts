import { connect, type Socket } from 'node:net';
import type { Questions } from './questions.ts';
import { type FuzzyChannel, maxReply, readReplies } from './wire.ts';

/** Bytes that a storage may leave unread. */
const maxUnsent = 1024 * 1024;

export interface StreamSettings {
  readonly host: string;
  readonly port: number;
  readonly channel: FuzzyChannel | undefined;
  /** Milliseconds that connecting may take, and that the connection is kept without use. */
  readonly timeout: number;
  /** Told once. @param failure undefined where there was nothing more to do */
  ended(failure: string | undefined): void;
}

interface Pending {
  readonly questions: Questions;
  done(end: 'answered' | 'lost'): void;
}

/**
 * A connection to one host of a storage, for all messages: packets like those of UDP, each behind its length in two
 * bytes, the lower one first (rspamd: src/plugins/fuzzy_check.c:fuzzy_tcp_*).
 */
export class FuzzyStream {
  readonly #settings: StreamSettings;
  readonly #socket: Socket;
  readonly #pending = new Set<Pending>();
  #state: 'connecting' | 'open' | 'ended' = 'connecting';
  #unread = Buffer.alloc(0);

  constructor(settings: StreamSettings) {
    this.#settings = settings;
    const { host, port, timeout } = settings;
    this.#socket = connect({ host, port, noDelay: true, timeout });
    // Nothing waits for it but exchanges, which have a clock of their own.
    this.#socket.unref();
    this.#socket.on('connect', () => {
      this.#state = 'open';
    });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.on('timeout', () => this.#end(this.#state === 'open' ? undefined : 'cannot connect in time'));
    this.#socket.on('error', ({ message }) => this.#end(message));
    this.#socket.on('close', () => this.#end(undefined));
  }

  /** Whether it can be used. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /**
   * @param wait milliseconds
   * @returns what became of it; `lost`: the connection has ended
   */
  async ask(questions: Questions, version: number, wait: number): Promise<'answered' | 'late' | 'lost'> {
    let timer: NodeJS.Timeout | undefined;
    let pending: Pending | undefined;
    const end = await new Promise<'answered' | 'late' | 'lost'>((resolve) => {
      pending = { questions, done: resolve };
      this.#pending.add(pending);
      timer = setTimeout(() => resolve('late'), wait);
      for (const packet of questions.open(version)) this.#write(packet);
    });
    clearTimeout(timer);
    if (pending !== undefined) this.#pending.delete(pending);
    return end;
  }

  #write(packet: Buffer): void {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(packet.length);
    this.#socket.write(Buffer.concat([length, packet]));
    if (this.#socket.writableLength > maxUnsent) this.#end('it does not read what it is sent');
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    while (this.#unread.length >= 2) {
      const length = this.#unread.readUInt16LE();
      if (length === 0 || length > maxReply) {
        this.#end(`a reply of ${length} bytes`);
        return;
      }
      if (this.#unread.length < 2 + length) return;
      this.#take(this.#unread.subarray(2, 2 + length));
      this.#unread = this.#unread.subarray(2 + length);
    }
  }

  #take(packet: Buffer): void {
    for (const reply of readReplies(packet, this.#settings.channel).replies)
      for (const { questions, done } of this.#pending) {
        if (!questions.take(reply)) continue;
        if (questions.isAnswered) done('answered');
        break;
      }
  }

  #end(failure: string | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#socket.destroy();
    for (const { done } of this.#pending) done('lost');
    this.#settings.ended(failure);
  }
}
