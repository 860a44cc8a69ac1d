import { getServers } from 'node:dns';
import { type Datagrams, ownDatagrams } from '../datagrams/index.ts';
import {
  type DnsAnswer,
  type DnsRecords,
  type DnsResolver,
  type DnsType,
  notAsked,
  type TaskDns,
} from '../dns-answer.ts';
import { AnswerCache } from './cache.ts';
import { Nameserver, type ServerAddress, type TransportError } from './nameserver.ts';
import { LimitedDns } from './task-dns.ts';
import { decodeReply, encodeQuery, questionName, type WireReply } from './wire.ts';

export interface DnsSettings {
  /** `address:port`, `[address]:port` or a bare address; the system's where there are none. */
  readonly servers: readonly string[];
  /** The first server that answers is asked first again, instead of each in turn. */
  readonly inOrder?: boolean | undefined;
  /** Wait for one reply, milliseconds. */
  readonly timeout: number;
  /** How often a question is sent. */
  readonly retransmits: number;
  /** UDP sockets for each server. */
  readonly sockets: number;
  /** Questions that one task may ask (rspamd: option dns_max_requests). */
  readonly maxRequests: number;
  /** Answers that stand in for those of the servers. */
  readonly fakes?: readonly FakeRecord[] | undefined;
  /** Answers that are kept; 2048 if absent. */
  readonly cacheSize?: number | undefined;
}

/** An answer that is given without asking (`options.dns.fake_records`). */
export interface FakeRecord<T extends DnsType = DnsType> {
  readonly name: string;
  readonly type: T;
  /** `ok` with records, or how the question fails. */
  readonly status: DnsAnswer['status'];
  readonly records: readonly DnsRecords[T][];
}

/** rspamd: conf/options.inc */
export const stockDnsSettings: DnsSettings = {
  servers: [],
  timeout: 1000,
  retransmits: 5,
  sockets: 16,
  maxRequests: 64,
};

/** Names of outcomes as they show in options of symbols (rspamd: contrib/librdns/util.c:rdns_strerror). */
const codeTexts = new Map([
  [1, 'query format error'],
  [2, 'server fail'],
  [3, 'no records with this name'],
  [4, 'not implemented'],
  [5, 'query refused'],
]);
const noDataText = 'requested record is not found';
const transportTexts: Readonly<Record<TransportError, string>> = {
  timeout: 'query timed out',
  network: 'network error',
};

const serverFailure = 2;
const nameError = 3;

/** A question that nobody answered. */
function failure(error: string): DnsAnswer {
  return { status: 'fail', records: [], error, cached: false };
}

/** Nobody can have that name. */
const notAName: DnsAnswer<never> = { status: 'nxdomain', records: [], error: notAsked.invalid, cached: false };

/** Questions to name servers, those among them that failed, and answers out of the cache. */
export interface DnsCounts {
  dnsRequests: number;
  dnsFailures: number;
  dnsCached: number;
}

interface Shared {
  readonly answer: DnsAnswer;
  readonly ttl: number | undefined;
}

/**
 * Asks nameservers: again where no reply comes, another one where a server fails, over TCP where a reply is cut. Equal
 * questions that are open at the same time are sent once, and answers are kept as long as they may be. Never rejects.
 */
export class Resolver implements DnsResolver {
  readonly settings: DnsSettings;
  readonly #servers: readonly Nameserver[];
  readonly #cache: AnswerCache;
  readonly #open = new Map<string, Promise<Shared>>();
  readonly #fakes: ReadonlyMap<string, FakeRecord>;
  readonly #counts: DnsCounts;
  #turn = 0;
  #closed = false;

  /**
   * @param datagrams whose sockets ask
   * @param counts what is counted goes there
   */
  constructor(
    settings: DnsSettings = stockDnsSettings,
    datagrams: Datagrams = ownDatagrams,
    counts: DnsCounts = { dnsRequests: 0, dnsFailures: 0, dnsCached: 0 },
  ) {
    this.settings = settings;
    this.#counts = counts;
    const given = settings.servers.length > 0 ? settings.servers : getServers();
    this.#servers = given.map((text) => new Nameserver(serverAddress(text), settings.sockets, datagrams));
    this.#cache = new AnswerCache(settings.cacheSize ?? 2048, () => performance.now());
    this.#fakes = new Map((settings.fakes ?? []).map((fake) => [`${fake.type} ${questionName(fake.name)}`, fake]));
  }

  forTask(deadline: number): TaskDns {
    return new LimitedDns(this, this.settings.maxRequests, deadline);
  }

  /** @param name byte string, UTF-8, in any case */
  async query<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> {
    const asked = questionName(name);
    if (asked === undefined) return notAName;
    const key = `${type} ${asked}`;
    const fake = this.#fakes.get(key);
    const known = fake === undefined ? this.#cache.get(key) : fakeAnswer(fake);
    if (known !== undefined && fake === undefined) this.#counts.dnsCached++;
    if (known !== undefined) return { ...known, cached: fake === undefined } as DnsAnswer<T>;
    let open = this.#open.get(key);
    if (open === undefined) {
      open = this.#ask(asked, type).finally(() => this.#open.delete(key));
      this.#open.set(key, open);
      this.#counts.dnsRequests++;
      const { answer, ttl } = await open;
      if (answer.status === 'fail') this.#counts.dnsFailures++;
      if (ttl !== undefined && answer.status !== 'fail') this.#cache.set(key, answer, ttl);
    }
    return (await open).answer as DnsAnswer<T>;
  }

  async #ask(name: string, type: DnsType): Promise<Shared> {
    if (this.#servers.length === 0) return { answer: failure('no nameserver is known'), ttl: undefined };
    const first = this.settings.inOrder === true ? 0 : this.#turn++;
    let last = failure(transportTexts.timeout);
    let refusals = 0;
    for (let attempt = 0; attempt < Math.max(1, this.settings.retransmits) && !this.#closed; attempt++) {
      const server = this.#servers[(first + attempt) % this.#servers.length] as Nameserver;
      const reply = await this.#once(server, name, type);
      if (typeof reply === 'string') {
        last = failure(transportTexts[reply]);
        continue;
      }
      const answer = answerOf(reply);
      if (answer.status !== 'fail') return { answer, ttl: reply.ttl };
      last = answer;
      // A server that fails is believed once all have been heard.
      if (++refusals >= this.#servers.length) break;
    }
    return { answer: last, ttl: undefined };
  }

  async #once(server: Nameserver, name: string, type: DnsType): Promise<WireReply | TransportError> {
    const { timeout } = this.settings;
    const encode = (id: number): Buffer => encodeQuery(id, name, type);
    const accept = (message: Buffer): WireReply | undefined => decodeReply(message, name, type);
    const reply = await server.askUdp(encode, accept, timeout);
    if (typeof reply === 'string' || !reply.truncated) return reply;
    return await server.askTcp(encode(reply.id), accept, timeout);
  }

  close(): void {
    this.#closed = true;
    for (const server of this.#servers) server.close();
  }
}

function answerOf({ code, records }: WireReply): DnsAnswer {
  if (code === 0 && records.length > 0) return { status: 'ok', records, error: undefined, cached: false };
  if (code === 0) return { status: 'nodata', records: [], error: noDataText, cached: false };
  const error = codeTexts.get(code) ?? codeTexts.get(serverFailure);
  return { status: code === nameError ? 'nxdomain' : 'fail', records: [], error, cached: false };
}

function fakeAnswer({ status, records }: FakeRecord): DnsAnswer {
  if (status === 'ok') return { status, records, error: undefined, cached: false };
  const texts = { nodata: noDataText, nxdomain: codeTexts.get(nameError), fail: codeTexts.get(serverFailure) };
  return { status, records: [], error: texts[status], cached: false };
}

function serverAddress(text: string): ServerAddress {
  const parts = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text);
  return { host: parts?.[1] ?? text, port: Number(parts?.[2] ?? 53) };
}
