import { randomInt } from 'node:crypto';
import { createConnection } from 'node:net';
import type { DatagramSocket, Datagrams } from '../datagrams/index.ts';
import { replyId } from './wire.ts';

/** A nameserver by its numeric address. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Why a question got no reply. */
export type TransportError = 'timeout' | 'network';

/** Hears the replies to one question. */
export interface Listener {
  /** Datagrams that are no reply to it (late, forged) are to be passed over. */
  offer(message: Buffer): void;
  /** Nothing will come. */
  fail(): void;
}

/** Asks one server over a few connected sockets, so that replies can come from nowhere else and ports are hard to guess. */
export class Nameserver {
  readonly #address: ServerAddress;
  readonly #datagrams: Datagrams;
  readonly #sockets: Array<UdpSocket | undefined>;

  /** @param sockets how many sockets there may be */
  constructor(address: ServerAddress, sockets: number, datagrams: Datagrams) {
    this.#address = address;
    this.#datagrams = datagrams;
    this.#sockets = new Array<UdpSocket | undefined>(Math.max(1, sockets)).fill(undefined);
  }

  /** @returns what ends the listening */
  askUdp(encode: (id: number) => Buffer, listener: Listener): () => void {
    const index = randomInt(this.#sockets.length);
    let socket = this.#sockets[index];
    if (socket === undefined || socket.closed) {
      socket = new UdpSocket(this.#address, this.#datagrams);
      this.#sockets[index] = socket;
    }
    return socket.ask(encode, listener);
  }

  /**
   * @param read undefined for what is no reply to the question
   * @param timeout in milliseconds
   */
  askTcp<T>(message: Buffer, read: (reply: Buffer) => T | undefined, timeout: number): Promise<T | TransportError> {
    return new Promise((resolve) => {
      const socket = createConnection(this.#address);
      const end = (outcome: T | TransportError): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(outcome);
      };
      const timer = setTimeout(() => end('timeout'), timeout);
      let received = Buffer.alloc(0);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.end(Buffer.concat([length, message]));
      socket.on('error', () => end('network'));
      socket.on('close', () => end('network'));
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        end(read(received.subarray(2, 2 + received.readUInt16BE(0))) ?? 'network');
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket?.close();
  }
}

class UdpSocket {
  readonly #socket: DatagramSocket;
  readonly #listeners = new Map<number, Listener>();
  closed = false;

  constructor({ host, port }: ServerAddress, datagrams: Datagrams) {
    this.#socket = datagrams.connect(host, port, {
      message: (message) => {
        const id = replyId(message);
        if (id !== undefined) this.#listeners.get(id)?.offer(message);
      },
      // A refused port shows so.
      failed: () => this.#end(),
    });
  }

  ask(encode: (id: number) => Buffer, listener: Listener): () => void {
    let id = randomInt(65_536);
    while (this.#listeners.has(id)) id = (id + 1) & 0xffff;
    this.#listeners.set(id, listener);
    this.#socket.send(encode(id));
    return () => this.#listeners.delete(id);
  }

  close(): void {
    if (this.closed) return;
    this.#socket.close();
    this.#end();
  }

  /** What is listened for will not come. */
  #end(): void {
    this.closed = true;
    for (const one of [...this.#listeners.values()]) one.fail();
    this.#listeners.clear();
  }
}
