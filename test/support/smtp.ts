import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** What an SMTP server said to one command. */
export interface SmtpReply {
  readonly code: number;
  readonly text: string;
}

/** An SMTP client that sends bytes exactly as told. */
export class SmtpClient {
  readonly #socket: Socket;
  #buffer = '';
  #waiting: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#buffer += chunk.toString('latin1');
      this.#waiting?.();
    });
    socket.on('close', () => this.#waiting?.());
  }

  /** Connects, reads the greeting and says EHLO. */
  static async connect(port: number, helo = 'client.example'): Promise<SmtpClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new SmtpClient(socket);
    await client.reply();
    await client.command(`EHLO ${helo}`);
    return client;
  }

  async command(line: string): Promise<SmtpReply> {
    this.#socket.write(`${line}\r\n`, 'latin1');
    return this.reply();
  }

  /** MAIL, RCPT, DATA and the message; the reply that decides: the first refusal, or that to the final dot. */
  async send(from: string, to: readonly string[], message: Buffer | string, mailArguments = ''): Promise<SmtpReply> {
    const commands = [`MAIL FROM:<${from}>${mailArguments}`, ...to.map((one) => `RCPT TO:<${one}>`), 'DATA'];
    for (const command of commands) {
      const reply = await this.command(command);
      if (reply.code >= 400) return reply;
    }
    const bytes = Buffer.isBuffer(message) ? message : Buffer.from(message, 'latin1');
    this.#socket.write(stuffed(bytes));
    this.#socket.write(endsLine(bytes) ? '.\r\n' : '\r\n.\r\n');
    return this.reply();
  }

  async reply(): Promise<SmtpReply> {
    for (;;) {
      const match = /^((?:\d{3}-[^\n]*\n)*)(\d{3})(?: ([^\n]*))?\n/.exec(this.#buffer);
      if (match !== null) {
        this.#buffer = this.#buffer.slice(match[0].length);
        const text = match[0]
          .replace(/^\d{3}[- ]/gm, '')
          .replace(/\r/g, '')
          .trim();
        return { code: Number(match[2]), text };
      }
      if (this.#socket.destroyed) throw new Error(`the server closed the connection (${JSON.stringify(this.#buffer)})`);
      await new Promise<void>((resolve) => (this.#waiting = resolve));
      this.#waiting = undefined;
    }
  }

  async quit(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.end('QUIT\r\n');
    await closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function endsLine(bytes: Buffer): boolean {
  return bytes.length === 0 || bytes.subarray(-2).toString('latin1') === '\r\n';
}

/** RFC 5321, 4.5.2. */
function stuffed(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^\./gm, '..'), 'latin1');
}

/** A message as an SMTP server took it over. */
export interface Delivered {
  readonly from: string;
  readonly to: readonly string[];
  readonly bytes: Buffer;
}

/** A server that takes every message: where an MTA delivers what it accepted. */
export class SmtpSink {
  readonly messages: Delivered[] = [];
  readonly port: number;
  #arrived: (() => void) | undefined;

  constructor(port: number) {
    this.port = port;
  }

  take(message: Delivered): void {
    this.messages.push(message);
    this.#arrived?.();
  }

  /** The first message that the test has not seen and that fits; waits for it. */
  async next(fits: (message: Delivered) => boolean = () => true): Promise<Delivered> {
    for (;;) {
      const at = this.messages.findIndex(fits);
      const [found] = at < 0 ? [] : this.messages.splice(at, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }
}

export async function startSink(t: Pick<TestContext, 'after'>): Promise<SmtpSink> {
  const sockets = new Set<Socket>();
  let sink: SmtpSink | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, (message) => sink?.take(message));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  sink = new SmtpSink(typeof address === 'object' && address !== null ? address.port : 0);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return sink;
}

function serve(socket: Socket, take: (message: Delivered) => void): void {
  let from = '';
  let to: string[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let data: Buffer[] | undefined;
  const say = (line: string) => socket.write(`${line}\r\n`);
  const command = (line: string) => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') return say('250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0');
    if (verb === 'MAIL') from = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (verb === 'RCPT') to.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
    if (verb === 'QUIT') return socket.end('221 bye\r\n');
    if (verb !== 'DATA') return say('250 ok');
    data = [];
    return say('354 go on');
  };
  say('220 sink');
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const line = pending.subarray(0, end + 1);
      pending = pending.subarray(end + 1);
      if (data === undefined) command(line.toString('latin1').trimEnd());
      else if (line.toString('latin1') === '.\r\n') {
        take({ from, to, bytes: Buffer.concat(data) });
        data = undefined;
        to = [];
        say('250 taken');
      } else data.push(Buffer.from(line[0] === 0x2e ? line.subarray(1) : line));
    }
  });
}
