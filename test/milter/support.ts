import { type MilterOptions, milterDefaults, type SessionServices } from '../../src/frontends/milter/index.ts';
import type { Wire } from '../../src/frontends/milter/outbox.ts';
import { MilterSession } from '../../src/frontends/milter/session.ts';
import { Headers } from '../../src/message/headers.ts';
import type { LogLevel } from '../../src/message/log.ts';
import type { Peer } from '../../src/message/peer.ts';
import type { ScanReply, ScanRequest, ScanResult } from '../../src/message/scan.ts';
import { type Packet, packet, packetOf } from '../conformance/milter/packets.ts';

export { type Packet, packet } from '../conformance/milter/packets.ts';

/** NUL-terminated strings, as payload. */
export function zero(...texts: readonly string[]): string {
  return texts.map((text) => `${text}\0`).join('');
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}

/** An offer as Postfix makes it, or another one. */
export function offer(version = 6, actions = 0x1ff, protocol = 0x1fffff): Buffer {
  return packet('O', uint32(version, actions, protocol));
}

export function connectPacket(hostname: string, family: string, port: number, address: string): Buffer {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port);
  return packet('C', Buffer.concat([Buffer.from(`${hostname}\0${family}`), portBytes, Buffer.from(`${address}\0`)]));
}

export const connected = connectPacket('mx.example.net', '4', 34567, '198.51.100.7');

export interface MessageParts {
  readonly from?: string;
  readonly rcpt?: readonly string[];
  readonly headers?: ReadonlyArray<readonly [string, string]>;
  readonly body?: string;
  readonly queueId?: string;
}

/** The commands of one message from MAIL to the end of the body. */
export function message(parts: MessageParts = {}): Buffer[] {
  const {
    from = '<a@example.com>',
    rcpt = ['<b@example.com>'],
    headers = [['Subject', 'hi']],
    body = 'Hello\r\n',
  } = parts;
  return [
    packet('M', zero(from)),
    ...rcpt.map((one) => packet('R', zero(one))),
    ...(parts.queueId === undefined ? [] : [packet('D', `T${zero('i', parts.queueId)}`)]),
    packet('T'),
    ...headers.map(([name, value]) => packet('L', zero(name, value))),
    packet('N'),
    ...(body === '' ? [] : [packet('B', body)]),
    packet('E'),
  ];
}

/** A ScanReply that says so. */
export function verdict(result: Partial<ScanResult> | undefined, rewritten?: Buffer): ScanReply {
  return {
    status: 200,
    reason: 'OK',
    headers: new Headers(),
    body: Buffer.alloc(0),
    result: result === undefined ? undefined : ({ action: 'no action', ...result } as ScanResult),
    encoding: 'utf8',
    rewritten,
  };
}

export const testPeer: Peer = { kind: 'inet', address: '192.0.2.25', port: 4711 };

interface PendingScan {
  readonly request: ScanRequest;
  readonly answer: (reply: ScanReply) => void;
  readonly fail: (error: unknown) => void;
}

/** A session on a wire of paper, with a clock that stands still and a scanner that answers when told. */
export class Bench {
  readonly session: MilterSession;
  readonly scans: PendingScan[] = [];
  readonly lines: Array<{ level: LogLevel; fn: string; id: string; text: string }> = [];
  now = 1_000_000;
  /** What `write` returns. */
  room = true;
  paused = false;
  closed = false;
  writes = 0;
  #written: Buffer[] = [];

  constructor(options: Partial<MilterOptions> = {}, scan?: SessionServices['scan']) {
    const wire: Wire = {
      write: (pieces) => {
        this.writes++;
        this.#written.push(...pieces);
        return this.room;
      },
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
      },
      close: () => {
        this.closed = true;
      },
    };
    const services: SessionServices = {
      scan: scan ?? ((request) => new Promise((answer, fail) => void this.scans.push({ request, answer, fail }))),
      logger: {
        log: (level, _module, fn, id, text) => void this.lines.push({ level, fn, id, text }),
        enabled: () => true,
      },
      now: () => this.now,
    };
    this.session = new MilterSession({ ...milterDefaults, ...options }, services, testPeer, wire);
  }

  send(...packets: ReadonlyArray<Buffer | readonly Buffer[]>): this {
    this.session.receive(Buffer.concat(packets.flat()));
    return this;
  }

  /** Bytes written since the last look. */
  bytes(): Buffer {
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    return bytes;
  }

  /** Packets written since the last look. */
  packets(): Packet[] {
    return splitPackets(this.bytes());
  }

  /** Letters of the packets written since the last look. */
  letters(): string {
    return this.packets()
      .map(({ cmd }) => cmd)
      .join('');
  }

  /** Answers the latest scan and waits for what comes of it. */
  async answer(reply: ScanReply = verdict({})): Promise<this> {
    this.scans.at(-1)?.answer(reply);
    await settled();
    return this;
  }

  async fail(error: unknown): Promise<this> {
    this.scans.at(-1)?.fail(error);
    await settled();
    return this;
  }

  /** Lets time pass, one tick a second. */
  wait(milliseconds: number): this {
    for (const end = this.now + milliseconds; this.now < end; ) {
      this.now = Math.min(end, this.now + 1000);
      this.session.tick();
    }
    return this;
  }

  get lastRequest(): ScanRequest {
    const scan = this.scans.at(-1);
    if (scan === undefined) throw new Error('nothing was scanned');
    return scan.request;
  }
}

/** A Bench that has negotiated and heard of a client. */
export function greeted(options: Partial<MilterOptions> = {}): Bench {
  const bench = new Bench(options).send(offer(), connected, packet('H', zero('helo.example.net')));
  bench.bytes();
  return bench;
}

export function splitPackets(bytes: Buffer): Packet[] {
  const found: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    found.push(packetOf(bytes.subarray(at, end)));
    at = end;
  }
  return found;
}

/** Promises that are already settled have run their callbacks. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
