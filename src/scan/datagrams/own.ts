import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { DatagramEvents, DatagramSocket, Datagrams } from './datagrams.ts';

/** Sockets of this very thread. */
export const ownDatagrams: Datagrams = {
  connect: (host, port, events) => new OwnSocket(host, port, events),
};

class OwnSocket implements DatagramSocket {
  readonly #socket: Socket;
  readonly #events: DatagramEvents;
  /** Datagrams that wait for the socket to be connected. */
  #queue: Buffer[] | undefined = [];
  #closed = false;

  constructor(host: string, port: number, events: DatagramEvents) {
    this.#events = events;
    this.#socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    // A refused port shows so.
    this.#socket.on('error', (cause) => this.#fail(cause));
    this.#socket.on('message', (datagram) => {
      if (!this.#closed) events.message(datagram);
    });
    this.#socket.on('connect', () => {
      for (const datagram of this.#queue ?? []) this.#write(datagram);
      this.#queue = undefined;
      if (!this.#closed) this.#socket.unref();
    });
    try {
      this.#socket.connect(port, host);
    } catch (cause) {
      // A port that is none: SRV records can have 0.
      process.nextTick(() => this.#fail(cause as Error));
    }
  }

  send(datagram: Buffer): void {
    if (this.#queue === undefined) this.#write(datagram);
    else this.#queue.push(datagram);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #write(datagram: Buffer): void {
    if (this.#closed) return;
    this.#socket.send(datagram, (cause) => {
      if (cause !== null) this.#fail(cause);
    });
  }

  #fail(cause: Error): void {
    if (this.#closed) return;
    this.close();
    this.#events.failed(cause.message);
  }
}
