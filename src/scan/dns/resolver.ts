import type { Logger } from '../../message/log.ts';
import type { Limits } from '../../upstreams/index.ts';
import { type Datagrams, ownDatagrams } from '../datagrams/index.ts';
import { type DnsAnswer, type DnsResolver, type DnsType, notAsked, type TaskDns } from '../dns-answer.ts';
import { AnswerCache } from './cache.ts';
import { type Answered, Question } from './question.ts';
import { Servers } from './servers.ts';
import { LimitedDns } from './task-dns.ts';
import { questionName } from './wire.ts';

export interface DnsSettings {
  /** In the grammar of `hosts`, with rotation and weights; the system's where there are none. */
  readonly servers: readonly string[];
  /** When one counts as dead. */
  readonly limits?: Limits | undefined;
  /** Wait for one reply, milliseconds. */
  readonly timeout: number;
  /** How often a question is sent. */
  readonly retransmits: number;
  /** UDP sockets for each server. */
  readonly sockets: number;
  /** Signatures are asked for, and whether the server has checked them. */
  readonly dnssec?: boolean | undefined;
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
  readonly answer: DnsAnswer<T>;
}

/** What a resolver needs of the world. */
export interface DnsEnvironment {
  /** Whose sockets ask; those of this thread if absent. */
  readonly datagrams?: Datagrams | undefined;
  /** Is told of nameservers that do not answer. */
  readonly log?: Logger | undefined;
  /** What is counted goes there. */
  readonly counts?: DnsCounts | undefined;
}

/** rspamd: conf/options.inc */
export const stockDnsSettings: DnsSettings = {
  servers: [],
  timeout: 1000,
  retransmits: 5,
  sockets: 16,
  maxRequests: 64,
};

/** Nobody can have that name. */
const notAName: DnsAnswer<never> = { status: 'nxdomain', records: [], error: notAsked.invalid, cached: false };

/** Questions to name servers, those among them that failed, and answers out of the cache. */
export interface DnsCounts {
  dnsRequests: number;
  dnsFailures: number;
  dnsCached: number;
}

/**
 * Asks nameservers: again where no reply comes, another one where a server fails, over TCP where a reply is cut. Equal
 * questions that are open at the same time are sent once, and answers are kept as long as they may be. Never rejects.
 */
export class Resolver implements DnsResolver {
  readonly settings: DnsSettings;
  readonly #servers: Servers;
  readonly #cache: AnswerCache;
  readonly #open = new Map<string, Promise<Answered>>();
  readonly #fakes: ReadonlyMap<string, DnsAnswer>;
  readonly #counts: DnsCounts;

  constructor(
    settings: DnsSettings = stockDnsSettings,
    { datagrams = ownDatagrams, log, counts }: DnsEnvironment = {},
  ) {
    const { servers, sockets, limits, cacheSize = 2048, fakes = [] } = settings;
    this.settings = settings;
    this.#counts = counts ?? { dnsRequests: 0, dnsFailures: 0, dnsCached: 0 };
    this.#servers = new Servers({ given: servers, sockets, limits, datagrams, log });
    this.#cache = new AnswerCache(cacheSize, () => performance.now());
    this.#fakes = indexed(fakes);
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
    if (fake !== undefined) return fake as DnsAnswer<T>;
    const known = this.#cache.get(key);
    if (known !== undefined) {
      this.#counts.dnsCached++;
      return { ...known, cached: true } as DnsAnswer<T>;
    }
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

  #ask(name: string, type: DnsType): Promise<Answered> {
    const { timeout, retransmits, dnssec = false } = this.settings;
    return new Question(name, type, this.#servers, { timeout, retransmits, dnssec }).ask();
  }

  close(): void {
    this.#servers.close();
  }
}

/** Records of one name and type belong together, the last outcome counts (rspamd: rdns_resolver_set_fake_reply). */
function indexed(fakes: readonly FakeRecord[]): Map<string, DnsAnswer> {
  const answers = new Map<string, DnsAnswer>();
  for (const { name, type, answer } of fakes) {
    const key = `${type} ${questionName(name)}`;
    const records = [...(answers.get(key)?.records ?? []), ...answer.records];
    answers.set(key, answer.status === 'ok' ? { ...answer, records } : answer);
  }
  return answers;
}
