import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type DnsReply, decodeQuery, encodeReply, type RecordType } from './dns-wire.ts';

/** How a question is refused. `SILENT`: no answer at all; `TRUNCATED`: over UDP only the advice to come by TCP. */
export type DnsFailure = 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'SILENT' | 'TRUNCATED';

/** What one name has. A type that is missing is answered by "no data", unless there is a CNAME. */
export interface DnsName {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly SRV?: ReadonlyArray<{
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly target: string;
  }>;
  readonly MX?: ReadonlyArray<{ readonly priority: number; readonly exchange: string }>;
  /** Byte strings of any length: longer ones are cut into pieces of 255 bytes as DNS wants them. */
  readonly TXT?: readonly string[];
  readonly PTR?: readonly string[];
  readonly NS?: readonly string[];
  readonly CNAME?: string;
  /** Seconds; 60 if absent. */
  readonly ttl?: number;
  /** For every type, or by type. */
  readonly failure?: DnsFailure | Partial<Record<RecordType, DnsFailure>>;
  /** Milliseconds until the answer goes out. */
  readonly delay?: number;
}

/** Names in any case, without a final dot. A name that is not here does not exist (NXDOMAIN). */
export type DnsZone = Readonly<Record<string, DnsName>>;

export interface DnsQuery {
  readonly name: string;
  readonly type: RecordType | undefined;
  readonly transport: 'udp' | 'tcp';
}

const plainUdpSize = 512;

/** A nameserver on loopback, UDP and TCP on one port, that knows exactly the zone it is given. */
export class DnsServer {
  /** What was asked, in order of arrival. */
  readonly queries: DnsQuery[] = [];
  readonly port: number;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();
  readonly #delayed = new Set<NodeJS.Timeout>();
  #zone: ReadonlyMap<string, DnsName>;

  constructor(udp: UdpSocket, tcp: Server, zone: DnsZone) {
    this.port = udp.address().port;
    this.#udp = udp;
    this.#tcp = tcp;
    this.#zone = indexed(zone);
    udp.on('message', (message, from) => {
      this.#answer(message, 'udp', (reply) => udp.send(reply, from.port, from.address));
    });
    tcp.on('connection', (socket) => this.#serve(socket));
  }

  /** `127.0.0.1:port`, the form of nameserver options and of `dns.setServers`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Another zone from now on. */
  set zone(zone: DnsZone) {
    this.#zone = indexed(zone);
  }

  /** How often a name was asked for a type. */
  count(name: string, type: RecordType): number {
    return this.queries.filter((query) => query.type === type && query.name === name.toLowerCase()).length;
  }

  async close(): Promise<void> {
    for (const timer of this.#delayed) clearTimeout(timer);
    for (const socket of this.#connections) socket.destroy();
    const closed = [once(this.#udp, 'close'), once(this.#tcp, 'close')];
    this.#udp.close();
    this.#tcp.close();
    await Promise.all(closed);
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    let waiting = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const message = waiting.subarray(2, 2 + waiting.readUInt16BE(0));
        waiting = waiting.subarray(2 + message.length);
        this.#answer(message, 'tcp', (reply) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(reply.length);
          socket.write(Buffer.concat([length, reply]));
        });
      }
    });
  }

  #answer(message: Buffer, transport: 'udp' | 'tcp', send: (reply: Buffer) => void): void {
    const query = decodeQuery(message);
    if (query === undefined) return;
    const name = query.name.toLowerCase();
    this.queries.push({ name, type: query.type, transport });
    const found = this.#look(name, query.type);
    if (found.failure === 'SILENT') return;
    const size = transport === 'tcp' ? Number.POSITIVE_INFINITY : Math.max(query.udpSize, plainUdpSize);
    const whole = encodeReply(query, found.reply, false);
    const cut = transport === 'udp' && (found.failure === 'TRUNCATED' || whole.length > size);
    const reply = cut ? encodeReply(query, { rcode: 'NOERROR', answers: [] }, true) : whole;
    if (found.delay === 0) send(reply);
    else this.#later(found.delay, () => send(reply));
  }

  #later(delay: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      action();
    }, delay);
    this.#delayed.add(timer);
  }

  #look(
    name: string,
    type: RecordType | undefined,
  ): { reply: DnsReply; failure: DnsFailure | undefined; delay: number } {
    const entry = this.#zone.get(name);
    if (entry === undefined) return { reply: { rcode: 'NXDOMAIN', answers: [] }, failure: undefined, delay: 0 };
    const delay = entry.delay ?? 0;
    const failure = failureOf(entry, type);
    if (failure === 'NXDOMAIN' || failure === 'SERVFAIL' || failure === 'REFUSED')
      return { reply: { rcode: failure, answers: [] }, failure, delay };
    return { reply: { rcode: 'NOERROR', answers: this.#records(name, type, 8) }, failure, delay };
  }

  /** The records of that type, with the CNAMEs on the way to them. */
  #records(name: string, type: RecordType | undefined, hops: number): DnsReply['answers'] {
    const entry = this.#zone.get(name);
    if (entry === undefined || type === undefined) return [];
    const ttl = entry.ttl ?? 60;
    if (entry.CNAME !== undefined && type !== 'CNAME') {
      const alias = { name, type: 'CNAME', data: entry.CNAME, ttl } as const;
      return hops === 0 ? [alias] : [alias, ...this.#records(entry.CNAME.toLowerCase(), type, hops - 1)];
    }
    const data = type === 'CNAME' ? [entry.CNAME ?? []].flat() : (entry[type] ?? []);
    return data.map((one) => ({ name, type, data: one, ttl }));
  }
}

/** Starts a nameserver that ends with the test. */
export async function startDnsServer(t: TestContext, zone: DnsZone = {}): Promise<DnsServer> {
  const server = await openDnsServer(zone);
  t.after(() => server.close());
  return server;
}

/** As startDnsServer, for a caller that closes it. */
export async function openDnsServer(zone: DnsZone): Promise<DnsServer> {
  // A free UDP port need not be free for TCP.
  for (let attempts = 20; ; attempts--) {
    const tcp = createServer();
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const udp = createSocket('udp4');
    udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1');
    try {
      await once(udp, 'listening');
      return new DnsServer(udp, tcp, zone);
    } catch (cause) {
      udp.close();
      tcp.close();
      if (attempts === 0) throw cause;
    }
  }
}

function indexed(zone: DnsZone): ReadonlyMap<string, DnsName> {
  return new Map(Object.entries(zone).map(([name, entry]) => [name.toLowerCase(), entry]));
}

function failureOf({ failure }: DnsName, type: RecordType | undefined): DnsFailure | undefined {
  if (failure === undefined || typeof failure === 'string') return failure;
  return type === undefined ? undefined : failure[type];
}
