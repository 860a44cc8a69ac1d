import { connect, type Socket } from 'node:net';

/** A reply as a client reads it from the wire. */
export interface RawReply {
  readonly status: number;
  readonly reason: string;
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Buffer;
  header(name: string): string | undefined;
}

/** A client that sends bytes and reads what comes. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when both sides are closed. */
  readonly closed: Promise<void>;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  constructor(where: number | string) {
    this.socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    this.socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    const over = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.socket.on('end', over);
    this.socket.on('error', over);
    // Not by `once`: that rejects where there is an error, of which nobody may be waiting.
    this.closed = new Promise<void>((resolve) => this.socket.on('close', () => resolve())).then(over);
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Sends in pieces of that many bytes, each in a segment of its own. */
  async sendSlowly(bytes: string | Buffer, size: number): Promise<void> {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.socket.setNoDelay(true);
    for (let at = 0; at < all.length; at += size) {
      this.socket.write(all.subarray(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) await this.#more();
    return this.#take(this.#bytes.length);
  }

  /** One HTTP reply; the connection may stay open. */
  async reply(): Promise<RawReply> {
    const end = await this.#until(() => this.#bytes.indexOf('\r\n\r\n'));
    const [line = '', ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n');
    const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(line) ?? [];
    const fields = lines.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 2)] as const);
    const header = (name: string): string | undefined =>
      fields.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
    this.#take(end + 4);
    const length = Number(header('Content-Length') ?? 0);
    await this.#until(() => (this.#bytes.length >= length ? 0 : -1));
    return { status: Number(status), reason, fields, body: this.#take(length), header };
  }

  async #until(found: () => number): Promise<number> {
    for (let at = found(); ; at = found()) {
      if (at >= 0) return at;
      if (this.#ended) throw new Error(`the connection ended after: ${this.#bytes.toString('latin1')}`);
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }
}

/** A request as text; the length of the body is added. */
export function post(target: string, headers: readonly string[], body = 'Subject: x\r\n\r\ntext\r\n'): string {
  return [`POST ${target} HTTP/1.1`, ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
