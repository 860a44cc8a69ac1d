/**
 * A load generator for HTTP: `node load.js '{"port":…}'`. So many connections at once, each sends a request when the
 * one before is answered; a connection that the other end closes is opened again, as its clients would do. Prints one
 * line of JSON.
 */
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Bytes of a message. */
  readonly size: number;
  /** Ask for the connection to be closed after each reply. */
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

function request({ size, close }: LoadOptions): Buffer {
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

class Load {
  readonly latencies: number[] = [];
  errors = 0;
  counting = false;
  readonly #options: LoadOptions;
  readonly #request: Buffer;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#request = request(options);
    for (let index = 0; index < options.connections; index++) this.#open(index);
  }

  #open(index: number): void {
    // An address for each connection: ports that rest in TIME_WAIT never run short.
    const socket = connect({ port: this.#options.port, host: '127.0.0.1', localAddress: `127.0.0.${2 + index}` });
    socket.setNoDelay(true);
    let began = performance.now();
    let missing = -1;
    let keep = true;
    socket.write(this.#request);
    socket.on('data', (chunk) => {
      const head = missing < 0 ? readHead(chunk) : undefined;
      if (head !== undefined) ({ missing, keep } = head);
      missing -= chunk.length;
      if (head?.status !== 200 && head !== undefined) this.errors++;
      if (missing > 0) return;
      if (this.counting) this.latencies.push(performance.now() - began);
      missing = -1;
      if (!keep) {
        socket.destroy();
        return;
      }
      began = performance.now();
      socket.write(this.#request);
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

function readHead(chunk: Buffer): { status: number; missing: number; keep: boolean } {
  const end = chunk.indexOf('\r\n\r\n');
  const head = chunk.toString('latin1', 0, end);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  if (end < 0 || Number.isNaN(length)) throw new Error(`not a reply: ${chunk.toString('latin1', 0, 200)}`);
  return { status: Number(head.slice(9, 12)), missing: end + 4 + length, keep: !/connection: close/i.test(head) };
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
    const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
    const result: LoadResult = {
      rate: (sorted.length / elapsed) * 1000,
      p50: at(0.5),
      p99: at(0.99),
      replies: sorted.length,
      errors: load.errors,
      cpu: (used.user + used.system) / 1000 / elapsed,
    };
    console.log(JSON.stringify(result));
    process.exit(0);
  }, options.seconds * 1000);
}, WARM_UP);
