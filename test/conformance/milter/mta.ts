import type { Socket } from 'node:net';
import { type Packet, packetOf } from './packets.ts';

/** The MTA's end of a milter connection. */
export class Mta {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    // A milter that closes with our bytes unread resets the connection: closed is closed.
    for (const event of ['end', 'close', 'error'])
      socket.on(event, () => {
        this.#closed = true;
        this.#wake();
      });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes received and not taken yet. */
  get waiting(): Buffer {
    return this.#bytes;
  }

  send(bytes: Buffer): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }

  /** Closes this side. */
  hangUp(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Exactly `length` bytes, or fewer where the milter closed or `patience` milliseconds passed. */
  async take(length: number, patience: number): Promise<Buffer> {
    await this.#until(() => this.#bytes.length >= length, patience);
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }

  /** The next packet, undefined where none comes any more or in time. */
  async packet(patience: number): Promise<Packet | undefined> {
    const size = (): number => (this.#bytes.length >= 4 ? 4 + this.#bytes.readUInt32BE(0) : Number.POSITIVE_INFINITY);
    await this.#until(() => this.#bytes.length >= size(), patience);
    if (this.#bytes.length < size()) return undefined;
    return packetOf(await this.take(size(), 0));
  }

  /**
   * What comes within `patience` milliseconds, until it is enough, or up to a pause of `silence` milliseconds or a
   * close.
   */
  async takeAll(enough: (bytes: Buffer) => boolean, patience: number, silence: number): Promise<Buffer> {
    await this.#until(() => this.#bytes.length > 0, patience);
    for (let length = -1; length < this.#bytes.length && !enough(this.#bytes); ) {
      length = this.#bytes.length;
      await this.#until(() => this.#bytes.length > length, silence);
    }
    return this.take(this.#bytes.length, 0);
  }

  /** Whether the milter closes within `patience` milliseconds. */
  async closes(patience: number): Promise<boolean> {
    await this.#until(() => this.#closed, patience);
    return this.#closed;
  }

  /** Waits for bytes that should not come. */
  async quiet(patience: number): Promise<boolean> {
    await this.#until(() => this.#bytes.length > 0, patience);
    return this.#bytes.length === 0;
  }

  async #until(done: () => boolean, patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    while (!done() && !this.#closed) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
