import { isIPv4, isIPv6 } from 'node:net';
import type { DnsAnswer, DnsType, TaskDns } from '../../dns-answer.ts';
import type { ByteString } from '../../message/index.ts';
import { ipBytes, reversedIp, sharesPrefix } from '../ip.ts';
import { expandMacros } from './macro.ts';

/** What SPF says of a client. `plusall`: its domain lets anybody send. */
export type SpfOutcome = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror' | 'plusall';

export interface SpfResult {
  readonly outcome: SpfOutcome;
  /** The element that decided, as its record has it, with its qualifier; or what went wrong. */
  readonly text: ByteString;
}

export interface SpfQuery {
  /** Of the sender, or what the client calls itself. */
  readonly domain: ByteString;
  readonly localPart: ByteString;
  /** `local@domain`. */
  readonly sender: ByteString;
  readonly helo: ByteString | undefined;
  /** Of the client. */
  readonly ip: string;
}

/** rspamd: src/plugins/lua/spf.lua; 0 switches a limit off. */
export interface SpfLimits {
  readonly maxNesting: number;
  readonly maxRequests: number;
  readonly maxExpansions: number;
  /** Ask for IPv4 addresses only. */
  readonly noIp6: boolean;
}

/** Includes and redirects follow each other no deeper, whatever the configuration says. */
const hardNesting = 64;
/** Names of one `mx` or `ptr` element whose addresses are asked for (RFC 7208, 4.6.4). */
const maxNames = 10;
/** A network wider than that is no statement (rspamd: src/libserver/spf.c:parse_spf_ip4). */
const widest = 8;

type Qualifier = '+' | '-' | '~' | '?';

const outcomes: Readonly<Record<Qualifier, SpfOutcome>> = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' };

interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** One element of a record. What is asked for it arrives later. */
interface Element {
  readonly qualifier: Qualifier;
  /** Without its qualifier, macros expanded. */
  readonly text: ByteString;
  readonly kind: 'networks' | 'anyone' | 'all' | 'include' | 'redirect';
  readonly networks: Network[];
  /** What an include or a redirect leads to. */
  readonly target: Policy | undefined;
  state: 'open' | 'found' | 'absent' | 'temperror';
}

/** The record of one domain. */
interface Policy {
  readonly domain: ByteString;
  readonly depth: number;
  readonly elements: Element[];
  redirected: boolean;
}

/**
 * Evaluates SPF (RFC 7208) as the original does: the whole record is resolved at once, then the first element that fits
 * the client counts, `all` after all others (rspamd: src/libserver/spf.c, src/lua/lua_spf.c).
 */
export async function evaluateSpf(query: SpfQuery, limits: SpfLimits, dns: TaskDns): Promise<SpfResult> {
  const ip = ipBytes(query.ip);
  if (ip === undefined) return { outcome: 'none', text: 'No domain' };
  return await new Evaluation(query, ip, limits, dns).run();
}

class Evaluation {
  readonly #query: SpfQuery;
  readonly #ip: readonly number[];
  readonly #limits: SpfLimits;
  readonly #dns: TaskDns;
  #requests = 0;
  #expansions = 0;
  #permError = false;
  #tempError = false;
  #plusAll = false;

  constructor(query: SpfQuery, ip: readonly number[], limits: SpfLimits, dns: TaskDns) {
    this.#query = query;
    this.#ip = ip;
    this.#limits = limits;
    this.#dns = dns;
  }

  async run(): Promise<SpfResult> {
    const answer = await this.#dns.query(this.#query.domain, 'TXT', true);
    if (answer.status === 'fail') return { outcome: 'temperror', text: 'temporary DNS error' };
    const top: Policy = { domain: this.#query.domain, depth: 0, elements: [], redirected: false };
    if (!(await this.#read(top, answer.records))) return { outcome: 'none', text: 'no SPF record' };
    const flat: Element[] = [];
    this.#flatten(top, true, flat);
    if (flat.length === 0) return this.#nothing();
    return this.#match([...flat.filter(({ kind }) => kind !== 'all'), ...flat.filter(({ kind }) => kind === 'all')]);
  }

  #nothing(): SpfResult {
    if (this.#permError) return { outcome: 'permerror', text: 'bad SPF record' };
    if (this.#tempError) return { outcome: 'temperror', text: 'temporary DNS error' };
    return { outcome: 'permerror', text: 'empty SPF record' };
  }

  #match(flat: readonly Element[]): SpfResult {
    const { qualifier, kind, text } = flat.find((element) => this.#fits(element)) ?? neutral;
    if (kind === 'all') {
      const any = `${qualifier}any`;
      if (this.#permError) return { outcome: 'permerror', text: any };
      if (this.#tempError) return { outcome: 'temperror', text: any };
      if (this.#plusAll) return { outcome: 'plusall', text: any };
    }
    return { outcome: outcomes[qualifier], text: `${qualifier}${text}` };
  }

  #fits({ kind, networks }: Element): boolean {
    return kind !== 'networks' || networks.some(({ bytes, bits }) => sharesPrefix(bytes, this.#ip, bits));
  }

  /** Elements that can fit, in the order of the records. */
  #flatten(policy: Policy, isTop: boolean, flat: Element[]): void {
    for (const element of policy.elements) {
      if (element.state === 'temperror') this.#tempError = true;
      if (element.state === 'absent' && element.kind === 'redirect') this.#permError = true;
      if (element.state !== 'found') continue;
      if (element.target !== undefined) {
        this.#flatten(element.target, isTop && element.kind === 'redirect', flat);
        if (element.kind === 'redirect') return;
        continue;
      }
      if (element.kind === 'all' && element.qualifier === '+') this.#plusAll = true;
      // What a domain says of all others does not bind those that include it.
      if (element.kind !== 'all' || isTop) flat.push(element);
    }
  }

  /** @returns whether there is a record among the texts, be it a bad one */
  async #read(policy: Policy, texts: readonly ByteString[]): Promise<boolean> {
    const records = texts.filter((text) => /^v=spf1(?: |$)/i.test(text));
    if (records.length > 1) {
      this.#permError = true;
      return true;
    }
    const record = records[0] ?? texts.find((text) => /^\s*(?:v=spf1|spf2\.)/i.test(text));
    if (record === undefined) return false;
    await this.#readElements(policy, record.replace(/^\s*(?:v=spf1|spf2\.(?:\d\/(?:pra|mfrom|,)*)?)\s*/i, ''));
    return true;
  }

  async #readElements(policy: Policy, record: ByteString): Promise<void> {
    const texts = record.split(' ').filter((text) => text !== '');
    const hasAll = texts.some((text) => /^.all$/i.test(text));
    const pending: Promise<void>[] = [];
    for (const text of texts) {
      if (policy.redirected) break;
      if (hasAll && /^[-+~?]?redirect/i.test(text)) continue;
      const started = this.#readElement(policy, text);
      if (started !== undefined) pending.push(started);
    }
    await Promise.all(pending);
  }

  #readElement(policy: Policy, written: ByteString): Promise<void> | undefined {
    const text = expandMacros(written, {
      sender: this.#query.sender,
      localPart: this.#query.localPart,
      senderDomain: this.#query.domain,
      domain: policy.domain,
      ip: this.#ip,
      helo: this.#query.helo,
    });
    const qualified = /^[-+~?]/.test(text);
    const qualifier = qualified ? (text[0] as Qualifier) : '+';
    const bare = qualified ? text.slice(1) : text;
    const [name = ''] = /^(?:all|include|ipv?4|ipv?6|mx|ptr|exp|exists|redirect|a)/i.exec(bare) ?? [];
    const add = (kind: Element['kind'], target?: Policy): Element => {
      const element: Element = { qualifier, text: bare, kind, networks: [], target, state: 'open' };
      policy.elements.push(element);
      return element;
    };
    switch (name.toLowerCase()) {
      case 'all':
        add('all').state = 'found';
        return undefined;
      case 'ip4':
      case 'ipv4':
      case 'ip6':
      case 'ipv6':
        readNetwork(add('networks'), name.includes('4') ? 4 : 6);
        return undefined;
      case 'include':
      case 'redirect':
        return this.#follow(policy, bare, name.toLowerCase() as 'include' | 'redirect', add);
      case 'a':
        return this.#ask(() => this.#a(add('networks'), policy));
      case 'mx':
        return this.#ask(() => this.#mx(add('networks'), policy));
      case 'ptr':
        return this.#ask(() => this.#ptr(add('networks'), policy));
      case 'exists':
        return this.#ask(() => this.#exists(add('anyone')));
      default:
        return undefined;
    }
  }

  /** Begins something that needs a question, if one more may be asked. */
  #ask(start: () => Promise<void>): Promise<void> | undefined {
    if (!this.#mayAsk()) return undefined;
    this.#requests++;
    return start();
  }

  #mayAsk(): boolean {
    const { maxRequests } = this.#limits;
    if (maxRequests === 0 || this.#requests < maxRequests) return true;
    this.#permError = true;
    return false;
  }

  #follow(
    policy: Policy,
    bare: ByteString,
    kind: 'include' | 'redirect',
    add: (kind: Element['kind'], target: Policy) => Element,
  ): Promise<void> | undefined {
    const depth = policy.depth + 1;
    const { maxNesting } = this.#limits;
    const [, domain] = /[:=](.*)$/s.exec(bare) ?? [];
    if (domain === undefined) return undefined;
    if (!this.#mayAsk()) return undefined;
    if (depth > hardNesting || (maxNesting > 0 && depth > maxNesting)) {
      this.#permError = true;
      return undefined;
    }
    if (kind === 'redirect') policy.redirected = true;
    const target: Policy = { domain, depth, elements: [], redirected: false };
    return this.#ask(async () => {
      const element = add(kind, target);
      const answer = await this.#dns.query(domain, 'TXT', true);
      element.state = stateOf(answer);
      if (answer.status !== 'ok') return;
      const isThere = await this.#read(target, answer.records);
      if (!isThere && kind === 'redirect') element.state = 'absent';
    });
  }

  async #a(element: Element, policy: Policy): Promise<void> {
    const { host, bits4, bits6 } = readTarget(element.text, policy.domain);
    const answers = await this.#addresses(host);
    for (const answer of answers) addNetworks(element, answer, bits4, bits6);
    if (answers.some(({ status }) => status === 'fail')) element.state = 'temperror';
    else element.state = element.networks.length > 0 ? 'found' : 'absent';
  }

  async #mx(element: Element, policy: Policy): Promise<void> {
    const { host, bits4, bits6 } = readTarget(element.text, policy.domain);
    const answer = await this.#dns.query(host, 'MX', true);
    element.state = stateOf(answer);
    const names = answer.records.map(({ exchange }) => exchange);
    if (names.length > maxNames) this.#permError = true;
    await this.#expand(element, names.slice(0, maxNames), bits4, bits6);
  }

  async #ptr(element: Element, policy: Policy): Promise<void> {
    const { host, bits4, bits6 } = readTarget(element.text.replace(/\/.*$/s, ''), policy.domain);
    const zone = this.#ip.length === 4 ? 'in-addr.arpa' : 'ip6.arpa';
    const answer = await this.#dns.query(`${reversedIp(this.#ip)}.${zone}`, 'PTR', true);
    element.state = stateOf(answer);
    const names = answer.records.filter((name) => isInDomain(name, host));
    await this.#expand(element, names.slice(0, maxNames), bits4, bits6);
  }

  /** Adds the addresses of names. */
  async #expand(element: Element, names: readonly string[], bits4: number, bits6: number): Promise<void> {
    const pending: Array<Promise<ReadonlyArray<DnsAnswer<'A' | 'AAAA'>>>> = [];
    const { maxExpansions, noIp6 } = this.#limits;
    for (const name of names) {
      if (!this.#mayAsk()) break;
      if (maxExpansions > 0 && this.#expansions >= maxExpansions) {
        this.#permError = true;
        break;
      }
      this.#expansions += noIp6 ? 1 : 2;
      pending.push(this.#addresses(name));
    }
    const answers = (await Promise.all(pending)).flat();
    for (const answer of answers) addNetworks(element, answer, bits4, bits6);
    if (element.networks.length === 0 && answers.some(({ status }) => status === 'fail')) element.state = 'temperror';
  }

  async #exists(element: Element): Promise<void> {
    const [, name] = /[:=](.*)$/s.exec(element.text) ?? [];
    if (name !== undefined) element.state = stateOf(await this.#dns.query(name, 'A', true));
  }

  #addresses(host: ByteString): Promise<ReadonlyArray<DnsAnswer<'A' | 'AAAA'>>> {
    const types: ReadonlyArray<'A' | 'AAAA'> = this.#limits.noIp6 ? ['A'] : ['A', 'AAAA'];
    return Promise.all(types.map((type) => this.#dns.query(host, type, true)));
  }
}

/** Where nothing fits (RFC 7208, 4.7). */
const neutral: Element = {
  qualifier: '?',
  text: 'all',
  kind: 'networks',
  networks: [],
  target: undefined,
  state: 'found',
};

function stateOf(answer: DnsAnswer<DnsType>): Element['state'] {
  if (answer.status === 'ok') return 'found';
  return answer.status === 'fail' ? 'temperror' : 'absent';
}

function addNetworks(element: Element, answer: DnsAnswer<'A' | 'AAAA'>, bits4: number, bits6: number): void {
  for (const address of answer.records) {
    const bytes = ipBytes(address);
    if (bytes !== undefined) element.networks.push({ bytes, bits: bytes.length === 4 ? bits4 : bits6 });
  }
}

/** `ip4:address[/bits]`, `ip6:address[/bits]`, with `=` for the colon too. */
function readNetwork(element: Element, family: 4 | 6): void {
  const [, address = '', bits] = /^[^:=]*[:=]([^/]*)(?:\/(.*))?$/s.exec(element.text) ?? [];
  const longest = family === 4 ? 32 : 128;
  const bytes = (family === 4 ? isIPv4(address) : isIPv6(address)) ? ipBytes(address) : undefined;
  const length = bits === undefined ? longest : /^\d+\s*$/.test(bits) ? Number(bits) : -1;
  if (bytes === undefined || length < widest || length > longest) return;
  element.networks.push({ bytes, bits: length });
  element.state = 'found';
}

/** `name[:domain][/bits4[//bits6]]`; without a length an IPv6 address stands for its network of 64 bits. */
function readTarget(text: ByteString, domain: ByteString): { host: ByteString; bits4: number; bits6: number } {
  const [, host = '', given4, given6] = /^[^:=/]*(?:[:=]([^/]*))?(?:\/(\d*))?(?:\/+(\d*))?/s.exec(text) ?? [];
  return { host: host === '' ? domain : host, bits4: bitsOf(given4, 32, 32), bits6: bitsOf(given6, 64, 128) };
}

/** 0 says nothing, as too much does. */
function bitsOf(given: string | undefined, usual: number, most: number): number {
  const bits = Number(given ?? 0);
  return bits > 0 && bits <= most ? bits : usual;
}

function isInDomain(name: string, domain: ByteString): boolean {
  const [one, other] = [name, domain].map((text) => text.toLowerCase().replace(/\.$/, '')) as [string, string];
  return one === other || one.endsWith(`.${other}`);
}
