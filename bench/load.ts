/**
 * A load generator: `node load.js '{"protocol":"http","port":…}'`. So many connections at once, each sends a message
 * when the one before is answered; a connection that the other end closes is opened again, as its clients would do.
 * Prints one line of JSON.
 */
import { connect, type Socket } from 'node:net';
import { aborts, greeting, offer, transaction } from './milter-packets.ts';

export interface LoadOptions {
  readonly protocol: 'http' | 'milter';
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Bytes of a message. */
  readonly size: number;
  /** HTTP: ask for the connection to be closed after each reply. */
  readonly close: boolean;
}

export interface LoadResult {
  /** Replies a second. */
  readonly rate: number;
  /** Milliseconds from the request (or the connection opened for it) to its complete reply. */
  readonly p50: number;
  readonly p99: number;
  readonly replies: number;
  readonly errors: number;
  /** Part of a core that this process used. */
  readonly cpu: number;
}

const WARM_UP = 700;

/** About what the header of a milter session's message has. */
const headerBytes = 800;

/** One connection's half of a protocol. */
interface Client {
  /** Sent when the connection is made. */
  readonly opening: Buffer;
  /** Takes what comes in. `wrong`: a complete reply, but not the one that is wanted. */
  received(chunk: Buffer): 'more' | 'opened' | 'answered' | 'wrong';
  /** Sent for each message. */
  readonly message: Buffer;
  /** The other end keeps the connection. */
  readonly keeps: boolean;
}

function httpRequest({ size, close }: LoadOptions): Buffer {
  const body = Buffer.alloc(size, 'A line of text as it stands in a message, so that there is something to send.\r\n');
  const head = [
    'POST /checkv2 HTTP/1.1',
    ...(close ? ['Connection: close'] : []),
    'From: <sender@example.com>',
    'Rcpt: <recipient@example.org>',
    'IP: 198.51.100.7',
    'Helo: mx.example.com',
    'Hostname: mx.example.com',
    'Queue-Id: 4XYZabc123',
    `Content-Length: ${size}`,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n')), body]);
}

class HttpClient implements Client {
  readonly opening: Buffer;
  readonly message: Buffer;
  keeps = true;
  #missing = -1;
  #status = 0;

  /** @param request sent at once on each new connection, and for each further message */
  constructor(request: Buffer) {
    this.opening = request;
    this.message = request;
  }

  received(chunk: Buffer): 'more' | 'answered' | 'wrong' {
    if (this.#missing < 0) {
      const head = readHead(chunk);
      this.#missing = head.length;
      this.#status = head.status;
      this.keeps = head.keep;
    }
    this.#missing -= chunk.length;
    if (this.#missing > 0) return 'more';
    this.#missing = -1;
    return this.#status === 200 ? 'answered' : 'wrong';
  }
}

function readHead(chunk: Buffer): { status: number; length: number; keep: boolean } {
  const end = chunk.indexOf('\r\n\r\n');
  const head = chunk.toString('latin1', 0, end);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  if (end < 0 || Number.isNaN(length)) throw new Error(`not a reply: ${chunk.toString('latin1', 0, 200)}`);
  return { status: Number(head.slice(9, 12)), length: end + 4 + length, keep: !/connection: close/i.test(head) };
}

/** The replies that end a message: accept and continue are what the stub's verdict leads to. */
const [ACCEPT, CONTINUE] = ['a', 'c'].map((one) => one.charCodeAt(0));
const final = new Set(['a', 'c', 'r', 't', 'd', 'y'].map((one) => one.charCodeAt(0)));

class MilterClient implements Client {
  readonly opening = offer;
  readonly message: Buffer;
  readonly keeps = true;
  #negotiated = false;
  #unread: Buffer = Buffer.alloc(0);

  constructor(message: Buffer) {
    this.message = message;
  }

  received(chunk: Buffer): 'more' | 'opened' | 'answered' | 'wrong' {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= 5) {
      const length = 4 + this.#unread.readUInt32BE();
      if (this.#unread.length < length) break;
      const reply = this.#unread[4] as number;
      this.#unread = this.#unread.subarray(length);
      if (!this.#negotiated) {
        this.#negotiated = true;
        return 'opened';
      }
      if (final.has(reply)) return reply === ACCEPT || reply === CONTINUE ? 'answered' : 'wrong';
    }
    return 'more';
  }
}

class Load {
  readonly latencies: number[] = [];
  errors = 0;
  counting = false;
  readonly #options: LoadOptions;
  readonly #client: () => Client;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { protocol, size } = options;
    if (protocol === 'http') {
      const request = httpRequest(options);
      this.#client = () => new HttpClient(request);
    } else {
      // Postfix ends one message with the aborts before it begins the next.
      const message = Buffer.concat([...aborts, ...transaction(size - headerBytes)]);
      this.#client = () => new MilterClient(message);
    }
    for (let index = 0; index < options.connections; index++) this.#open(index);
  }

  #open(index: number): void {
    // An address for each connection: ports that rest in TIME_WAIT never run short.
    const socket = connect({ port: this.#options.port, host: '127.0.0.1', localAddress: `127.0.0.${2 + index}` });
    const client = this.#client();
    socket.setNoDelay(true);
    let began = performance.now();
    socket.write(client.opening);
    socket.on('data', (chunk) => {
      const what = client.received(chunk);
      if (what === 'more') return;
      if (what === 'wrong') this.errors++;
      if (what !== 'opened' && this.counting) this.latencies.push(performance.now() - began);
      if (!client.keeps) {
        socket.destroy();
        return;
      }
      began = performance.now();
      if (what === 'opened') socket.write(Buffer.concat(greeting));
      socket.write(client.message);
    });
    socket.on('error', () => this.errors++);
    socket.on('close', () => this.#again(index, socket));
  }

  #again(index: number, socket: Socket): void {
    // A port that nobody answers must not keep this process busy.
    if (socket.bytesRead === 0) setTimeout(() => this.#open(index), 20);
    else this.#open(index);
  }
}

const options = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const load = new Load(options);
setTimeout(() => {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  load.errors = 0;
  load.counting = true;
  setTimeout(() => {
    const elapsed = performance.now() - began;
    const used = process.cpuUsage(cpu);
    const sorted = load.latencies.sort((a, b) => a - b);
    // Without any reply there is no latency to tell.
    const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;
    const result: LoadResult = {
      rate: (sorted.length / elapsed) * 1000,
      p50: at(0.5),
      p99: at(0.99),
      replies: sorted.length,
      errors: load.errors + (sorted.length === 0 ? 1 : 0),
      cpu: (used.user + used.system) / 1000 / elapsed,
    };
    console.log(JSON.stringify(result));
    process.exit(0);
  }, options.seconds * 1000);
}, WARM_UP);
