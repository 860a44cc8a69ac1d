import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { freePort } from './free-port.ts';

/**
 * What the scanner does with a request:
 *
 * - `ok`: a verdict; `status:503`: the same JSON with another status; `text`: a reply that is no JSON; `chunked`: a
 *   verdict in chunks; `continue`: an interim reply and then a verdict
 * - `hang`: reads and never answers; `drip`: head, then a byte of the body every 20 ms; `stall`: head, half of the
 *   body, then nothing
 * - `close`: reads and closes; `half`: head, half of the body, then closes; `reset`: reads and resets the connection
 * - `garbage`: no HTTP; `huge head`, `huge body`: never end; `flood`: interim replies without end;
 *   `long`: more bytes than Content-Length says
 *
 * and with a connection, before it reads anything:
 *
 * - `drop`: resets it; `early`: sends a verdict at once and closes
 */
export type Behaviour =
  | 'ok'
  | 'text'
  | 'chunked'
  | 'continue'
  | 'hang'
  | 'drip'
  | 'stall'
  | 'close'
  | 'half'
  | 'reset'
  | 'garbage'
  | 'huge head'
  | 'huge body'
  | 'flood'
  | 'long'
  | 'drop'
  | 'early'
  | `status:${number}`
  /** A verdict of one's own: becomes the JSON body. */
  | { readonly json: object }
  /** These bytes, then the end of the connection. */
  | { readonly raw: string | Buffer }
  | ((socket: Socket, request: SeenRequest) => void);

export interface SeenRequest {
  /** When it was complete, in milliseconds of `performance.now()`. */
  readonly at: number;
  readonly method: string;
  readonly target: string;
  /** name, value, name, value …, byte strings. */
  readonly fields: readonly string[];
  readonly body: Buffer;
  header(name: string): string | undefined;
  all(name: string): string[];
}

export const verdict = {
  is_skipped: false,
  score: 2.5,
  required_score: 15,
  action: 'no action',
  symbols: { SCRIPTED: { name: 'SCRIPTED', score: 2.5, metric_score: 2.5, options: ['a', 'b'] } },
  messages: {},
  'message-id': '1@scripted.example',
};

/** A scanner on a free port of 127.0.0.1 (or a unix socket) that does what its script says and keeps what it saw. */
export class ScriptedScanner {
  readonly requests: SeenRequest[] = [];
  /** Connections accepted so far. */
  connections = 0;
  /** Sockets that are open now. */
  readonly open = new Set<Socket>();
  port = 0;
  readonly #script: Behaviour[];
  readonly #path: string | undefined;
  #server: Server | undefined;
  #waiting: Array<() => void> = [];

  constructor(script: readonly Behaviour[], path?: string) {
    this.#script = [...script];
    this.#path = path;
  }

  /** As it stands in a `hosts` option. */
  get hosts(): string {
    return this.#path ?? `127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    if (this.#path === undefined) {
      if (this.port === 0) this.port = await freePort();
      server.listen(this.port, '127.0.0.1');
    } else {
      server.listen(this.#path);
    }
    await once(server, 'listening');
    this.#server = server;
  }

  /** Refuses connections from now on; `listen` takes them again, on the same port. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.open) socket.destroy();
    await closed;
  }

  /** Replaces what is left of the script. The last behaviour holds for all further requests. */
  play(...script: readonly Behaviour[]): void {
    this.#script.splice(0, this.#script.length, ...script);
  }

  /** Resolves when so many requests have come in all. */
  async seen(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when no connection is open. */
  async idle(): Promise<void> {
    while (this.open.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.open.delete(socket);
      this.#tell();
    });
    const [first] = this.#script;
    if (first === 'drop' || first === 'early') {
      this.#next();
      if (first === 'drop') socket.resetAndDestroy();
      else socket.resume().end(reply(200, verdict, 'close'));
      return;
    }
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let cut = cutRequest(bytes); cut !== undefined; cut = cutRequest(bytes)) {
        bytes = bytes.subarray(cut.length);
        this.requests.push(cut.request);
        this.#tell();
        perform(this.#next(), socket, cut.request);
      }
    });
  }

  #next(): Behaviour {
    const [first = 'ok'] = this.#script;
    if (this.#script.length > 1) this.#script.shift();
    return first;
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Started, and ended with the test. */
export async function scriptedScanner(
  t: Pick<TestContext, 'after'>,
  script: readonly Behaviour[] = ['ok'],
  path?: string,
): Promise<ScriptedScanner> {
  const scanner = new ScriptedScanner(script, path);
  await scanner.listen();
  t.after(() => scanner.stop());
  return scanner;
}

function cutRequest(bytes: Buffer): { request: SeenRequest; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const fields = lines.flatMap((one) => {
    const colon = one.indexOf(':');
    return [one.slice(0, colon), one.slice(colon + 1).replace(/^ /, '')];
  });
  const all = (name: string): string[] =>
    fields.filter((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name.toLowerCase());
  const header = (name: string): string | undefined => all(name)[0];
  const length = end + 4 + Number(header('Content-Length') ?? 0);
  if (bytes.length < length) return undefined;
  const body = bytes.subarray(end + 4, length);
  return { request: { at: performance.now(), method, target, fields, body, header, all }, length };
}

function reply(status: number, body: object | string, connection: 'close' | 'keep-alive'): Buffer {
  const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  if (status === 204) return Buffer.from(`HTTP/1.1 204 Scripted\r\nConnection: ${connection}\r\n\r\n`);
  const head =
    `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Scripted'}\r\nConnection: ${connection}\r\n` +
    'Server: rspamd/4.1.6\r\nDate: Sun, 22 Nov 2026 11:57:08 GMT\r\n' +
    `Content-Length: ${text.length}\r\nContent-Type: ${type}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), text]);
}

function perform(behaviour: Behaviour, socket: Socket, request: SeenRequest): void {
  if (typeof behaviour === 'function') behaviour(socket, request);
  else if (typeof behaviour === 'object') {
    if ('json' in behaviour) answer(socket, request, 200, behaviour.json);
    else socket.end(behaviour.raw);
  } else if (behaviour.startsWith('status:')) answer(socket, request, Number(behaviour.slice(7)), verdict);
  else simple[behaviour as keyof typeof simple]?.(socket, request);
}

function answer(socket: Socket, request: SeenRequest, status: number, body: object | string): void {
  const keep = request.header('Connection')?.toLowerCase() === 'keep-alive';
  socket.write(reply(status, body, keep ? 'keep-alive' : 'close'));
  if (!keep) socket.end();
}

const whole = reply(200, verdict, 'close');
const half = whole.subarray(0, whole.length - 60);

/** Writes again and again, as fast as the other end takes it. */
function pour(socket: Socket, first: string, more: string): void {
  socket.write(first);
  const go = (): void => {
    while (!socket.destroyed && socket.write(more));
  };
  socket.on('drain', go);
  go();
}

const simple: Readonly<Record<string, (socket: Socket, request: SeenRequest) => void>> = {
  ok: (socket, request) => answer(socket, request, 200, verdict),
  text: (socket, request) => answer(socket, request, 200, 'this is no verdict'),
  hang: () => {},
  close: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  half: (socket) => socket.end(half),
  stall: (socket) => socket.write(half),
  garbage: (socket) => socket.end('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
  long: (socket) => socket.end(Buffer.concat([whole, Buffer.from('and some more')])),
  continue: (socket) => socket.end(Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), whole])),
  chunked: (socket) => {
    const text = JSON.stringify(verdict);
    const chunk = (part: string): string => `${part.length.toString(16)}\r\n${part}\r\n`;
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.end(`${head}${chunk(text.slice(0, 30))}${chunk(text.slice(30))}0\r\n\r\n`);
  },
  drip: (socket) => {
    socket.write(half);
    const timer = setInterval(() => socket.write(' '), 20);
    socket.on('close', () => clearInterval(timer));
  },
  'huge head': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n', `X-Filler: ${'x'.repeat(8000)}\r\n`),
  'huge body': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n', '{'.repeat(65536)),
  flood: (socket) => pour(socket, '', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(500)),
};
