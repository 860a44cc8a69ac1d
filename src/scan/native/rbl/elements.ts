import {
  addHeaderAddresses,
  type ByteString,
  type EmailAddress,
  lowerAscii,
  type PublicSuffixes,
} from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { dkimFindings } from '../dkim/index.ts';
import { ipBytes, reversedIp } from '../ip.ts';
import type { DnsList } from './list.ts';
import { specificUrls } from './urls.ts';

/** Something to be looked up in a list. */
export interface Element {
  /** As it shows in options. */
  readonly shown: ByteString;
  /** As it is asked for, but for its hash. */
  readonly asked: ByteString;
  readonly isIp: boolean;
  /** Where it was found. */
  readonly labels: Set<string>;
  /** It is looked up though the task has asked enough. */
  forced: boolean;
}

/** Elements that a whitelist found: which one, and where it was. */
export type Whitelisted = ReadonlyMap<string, string>;

/** Everything that a list wants to know of a message (rspamd: src/plugins/lua/rbl.lua). */
export function elementsOf(
  task: Task,
  list: DnsList,
  whitelisted: Whitelisted,
  suffixes: PublicSuffixes,
): readonly Element[] {
  const collector = new Collector(task, list, whitelisted, suffixes);
  const { checks } = list;
  if (checks.helo) collector.helo();
  if (checks.dkim) collector.dkim();
  if (checks.emails) collector.emails();
  if (checks.replyto) collector.replyTo();
  if (checks.urls || checks.contentUrls || checks.images || checks.numericUrls) collector.urls();
  if (checks.from) collector.client();
  if (checks.received) collector.received();
  if (checks.rdns) collector.rdns();
  for (const { label, select } of list.selectors) for (const text of select(task)) collector.add(text, label, false);
  return collector.elements;
}

class Collector {
  readonly #task: Task;
  readonly #list: DnsList;
  readonly #whitelisted: Whitelisted;
  readonly #suffixes: PublicSuffixes;
  readonly #elements = new Map<string, Element>();

  constructor(task: Task, list: DnsList, whitelisted: Whitelisted, suffixes: PublicSuffixes) {
    this.#task = task;
    this.#list = list;
    this.#whitelisted = whitelisted;
    this.#suffixes = suffixes;
  }

  get elements(): readonly Element[] {
    return [...this.#elements.values()];
  }

  add(text: ByteString, label: string, forced: boolean, isIp = false): void {
    if (this.#isWhitelisted(text, label)) return;
    const asked = isIp ? reversedIp(ipBytes(text) ?? []) : text;
    const known = this.#elements.get(asked);
    if (known === undefined) {
      this.#elements.set(asked, { shown: text, asked, isIp, labels: new Set([label]), forced });
    } else {
      known.labels.add(label);
      known.forced ||= forced;
    }
  }

  #isWhitelisted(text: ByteString, label: string): boolean {
    const { ignoreWhitelist, whitelist } = this.#list;
    if (ignoreWhitelist) return false;
    return whitelist?.(text) === true || this.#whitelisted.get(text) === label;
  }

  #registered(name: ByteString): ByteString {
    return this.#suffixes.registered(name) || name;
  }

  helo(): void {
    const { helo } = this.#task.envelope;
    if (helo !== undefined) this.add(helo, 'helo', true);
  }

  rdns(): void {
    const { hostname } = this.#task;
    if (hostname !== undefined && hostname !== 'unknown') this.add(hostname, 'rdns', true);
  }

  client(): void {
    const { ip } = this.#task;
    if (ip !== undefined && this.#takes(ip)) this.add(ip, 'from', true, true);
  }

  #takes(ip: string): boolean {
    return ip.includes(':') ? this.#list.ipv6 : this.#list.ipv4;
  }

  received(): void {
    const hops = this.#task.received.filter(({ artificial }) => !artificial);
    for (const [at, hop] of hops.entries()) {
      const ip = hop.realIp;
      if (ip === undefined || !this.#takes(ip)) continue;
      const { excludeLocal, excluded } = this.#list;
      if (excludeLocal && (this.#task.isLocalAddress(ip) || excluded?.(ip) === true)) continue;
      if (!this.#isInRange(at + 1, hops.length) || !this.#hasFlags(hop)) continue;
      if (ip !== this.#task.ip || !this.#list.checks.from) this.add(ip, 'received', false, true);
    }
  }

  /** rspamd: src/plugins/lua/rbl.lua:gen_check_rcvd_conditions. */
  #isInRange(position: number, total: number): boolean {
    const { minPosition: min, maxPosition: max } = this.#list.hops;
    if (min !== undefined) {
      if (min === -1 && position !== total) return false;
      if (min < -1 && position <= total + min) return false;
      if (min >= 0 && position < min) return false;
    }
    if (max !== undefined) {
      if (max < -1 && total + max >= position) return false;
      if (max > 0 && position > max) return false;
    }
    return true;
  }

  #hasFlags(hop: { readonly ssl: boolean; readonly authenticated: boolean; readonly artificial: boolean }): boolean {
    const has = (flag: string): boolean => flag in hop && hop[flag as keyof typeof hop] === true;
    const { flags, notFlags } = this.#list.hops;
    return flags.every(has) && !notFlags.some(has);
  }

  dkim(): void {
    const { dkimDomainOnly, dkimMatchFrom, urlFullHostname } = this.#list;
    const sender = lowerAscii(this.#task.visible.from[0]?.domain ?? '');
    const wanted = urlFullHostname ? sender : this.#registered(sender);
    for (const { signature, outcome } of this.#task.get(dkimFindings) ?? []) {
      const { domain } = signature;
      if (outcome !== 'pass' || domain.includes(':')) continue;
      const name =
        (dkimMatchFrom ? dkimDomainOnly : !dkimDomainOnly) || urlFullHostname ? domain : this.#registered(domain);
      if (!dkimMatchFrom) this.add(name, 'dkim', false);
      else if (sender !== '' && name === wanted) this.add(name, 'dkim', true);
    }
  }

  urls(): void {
    const { checks, noIp, requestsLimit, urlFullHostname } = this.#list;
    for (const url of specificUrls(this.#task.message.urls, {
      checks,
      noIp,
      limit: requestsLimit,
    })) {
      if (url.has('numeric')) {
        const bytes = ipBytes(url.host);
        this.add(bytes === undefined ? url.host : reversedIp(bytes), 'url', false);
      } else {
        this.add(urlFullHostname ? url.host : url.tld, 'url', false);
      }
    }
  }

  emails(): void {
    const { emailsDomainOnly, urlFullHostname, requestsLimit } = this.#list;
    const seen = new Set<string>();
    let count = 0;
    for (const url of this.#task.message.urls) {
      if (!url.isMail || url.tld === '') continue;
      if (emailsDomainOnly) {
        if (seen.has(url.tld)) continue;
        seen.add(url.tld);
      }
      if (++count > requestsLimit) break;
      this.#email(url.parts.user, emailsDomainOnly && !urlFullHostname ? url.tld : url.host, 'email');
    }
  }

  replyTo(): void {
    const field = this.#task.message.headers.first('Reply-To');
    const addresses: EmailAddress[] = [];
    if (field !== undefined) addHeaderAddresses(field.value, addresses, 1);
    const [address] = addresses;
    if (address !== undefined && address.addr !== '') this.#email(address.user, address.domain, 'replyto');
  }

  #email(givenUser: ByteString, givenDomain: ByteString, label: string): void {
    const { emailsDomainOnly, emailsDelimiter, hash } = this.#list;
    const plain = withoutAlias(givenUser, givenDomain);
    const [user, domain] = [lowerAscii(plain.user), lowerAscii(plain.domain)];
    if (user === '' || domain === '') return;
    if (emailsDomainOnly) this.add(domain, label, false);
    else if (!this.#isWhitelisted(domain, label))
      this.add(`${user}${emailsDelimiter ?? (hash === undefined ? '.' : '@')}${domain}`, label, false);
  }
}

/** Dots do not count for some, nor what follows a plus (rspamd: lualib/lua_util.lua:remove_email_aliases). */
function withoutAlias(user: ByteString, domain: ByteString): { user: ByteString; domain: ByteString } {
  const isGoogle = domain === 'gmail.com' || domain === 'googlemail.com';
  const bare = isGoogle ? user.replaceAll('.', '') : user;
  const plus = bare.indexOf('+', 1);
  return {
    user: plus > 0 && !bare.startsWith('+') ? bare.slice(0, plus) : bare,
    domain: isGoogle ? 'gmail.com' : domain,
  };
}
