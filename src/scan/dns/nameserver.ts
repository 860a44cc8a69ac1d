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

/**
 * @param accept says whether a datagram is the reply that is waited for: others (late, forged) are passed over
 */
export type Accept<T> = (message: Buffer) => T | undefined;

interface Waiting {
  offer(message: Buffer): void;
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

  /** @param timeout in milliseconds */
  askUdp<T>(encode: (id: number) => Buffer, accept: Accept<T>, timeout: number): Promise<T | TransportError> {
    const index = randomInt(this.#sockets.length);
    let socket = this.#sockets[index];
    if (socket === undefined || socket.closed) {
      socket = new UdpSocket(this.#address, this.#datagrams);
      this.#sockets[index] = socket;
    }
    return socket.ask(encode, accept, timeout);
  }

  /** @param timeout in milliseconds */
  askTcp<T>(message: Buffer, accept: Accept<T>, timeout: number): Promise<T | TransportError> {
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
        end(accept(received.subarray(2, 2 + received.readUInt16BE(0))) ?? 'network');
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket?.close();
  }
}

class UdpSocket {
  readonly #socket: DatagramSocket;
  readonly #waiting = new Map<number, Waiting>();
  closed = false;

  constructor({ host, port }: ServerAddress, datagrams: Datagrams) {
    this.#socket = datagrams.connect(host, port, {
      message: (message) => {
        const id = replyId(message);
        if (id !== undefined) this.#waiting.get(id)?.offer(message);
      },
      // A refused port shows so.
      failed: () => this.#end(),
    });
  }

  ask<T>(encode: (id: number) => Buffer, accept: Accept<T>, timeout: number): Promise<T | TransportError> {
    return new Promise((resolve) => {
      let id = randomInt(65_536);
      while (this.#waiting.has(id)) id = (id + 1) & 0xffff;
      const end = (outcome: T | TransportError): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      const timer = setTimeout(() => end('timeout'), timeout);
      this.#waiting.set(id, {
        offer: (message) => {
          const accepted = accept(message);
          if (accepted !== undefined) end(accepted);
        },
        fail: () => end('network'),
      });
      this.#socket.send(encode(id));
    });
  }

  close(): void {
    if (this.closed) return;
    this.#socket.close();
    this.#end();
  }

  /** What it waits for will not come. */
  #end(): void {
    this.closed = true;
    for (const one of [...this.#waiting.values()]) one.fail();
  }
}
