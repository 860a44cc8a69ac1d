import { type ByteString, isAlnum, lowerAscii } from '../bytes.ts';
import { type Normalised, normalise } from '../normalise.ts';
import { decodePercent } from '../percent.ts';
import { lowerUtf8, readUtf8, writeUtf8 } from '../utf8.ts';
import { isDomainByte } from './characters.ts';
import type { FieldName, Fields, UrlSource } from './fields.ts';
import { type UrlFlag, urlFlags } from './flags.ts';
import { ipOfHost } from './ip-host.ts';
import { parseMailto } from './mailto.ts';
import { prepareHost } from './nameprep.ts';
import { normalisePath } from './path.ts';
import type { PublicSuffixes } from './suffixes.ts';
import { parseTelephone } from './telephone.ts';
import { Url, type UrlProtocol } from './url.ts';
import { parseWeb } from './web.ts';

/** No more of a URL is read. */
const maxLength = 32767;

/**
 * Reads one URL (rspamd: src/libserver/url.c:rspamd_url_parse).
 * @param given the URL without anything around it, UTF-8
 * @returns undefined for what is none; a host without a known suffix is one in an attribute only
 */
export function parseUrl(
  given: ByteString,
  source: Exclude<UrlSource, 'search'>,
  suffixes: PublicSuffixes,
): Url | undefined {
  if (given === '' || given.startsWith('\0')) return undefined;
  const text = given.slice(0, maxLength);
  const kind = kindOf(text);
  const read = kind === 'mailto' ? parseMailto : kind === 'telephone' ? parseTelephone : parseWeb;
  const fields = read(text, 0, text.length, source);
  if (!fields.ok) return undefined;
  const draft = new Draft(text, fields);
  if (given.length >= maxLength) draft.flags |= urlFlags.truncated;
  if (kind === 'telephone') draft.protocol = kind;
  return draft.normalise() && draft.nameHost(source, suffixes) ? draft.finish() : undefined;
}

function kindOf(text: ByteString): 'mailto' | 'telephone' | 'web' {
  if (text.length <= 7) return 'web';
  if (/^mailto:/i.test(text)) return 'mailto';
  return /^(?:tel|callto):/i.test(text) ? 'telephone' : 'web';
}

const protocols = new Map<ByteString, UrlProtocol>([
  ['file', 'file'],
  ['ftp', 'ftp'],
  ['http', 'http'],
  ['https', 'https'],
  ['mailto', 'mailto'],
  ['tel', 'telephone'],
]);

const tailNames = ['path', 'query', 'fragment'] as const;

/** A URL in pieces: what stands between its parts stays there. */
class Draft {
  readonly #raw: ByteString;
  readonly #port: number;
  flags: number;
  protocol: UrlProtocol = 'unknown';
  #scheme: ByteString;
  /** Between the scheme and the host. */
  #front: ByteString;
  readonly #user: ByteString;
  #host: ByteString;
  /** What was cut off the end of the host stays in the text. */
  #hostTail = '';
  #tld = '';
  /** What stands before each of the parts behind the host. */
  readonly #gaps: [ByteString, ByteString, ByteString] = ['', '', ''];
  readonly #tails: [ByteString, ByteString, ByteString] = ['', '', ''];
  #rest: ByteString;

  constructor(text: ByteString, fields: Fields) {
    this.#raw = text.slice(0, fields.end > 0 ? fields.end : undefined);
    this.#port = fields.port;
    this.flags = fields.flags;
    if (fields.port !== 0) this.#flag('has_port');
    const part = (name: FieldName) => fields.range(name) ?? [0, 0];
    const cut = (from: number, to: number) => this.#raw.slice(from, to);
    const schemeEnd = part('scheme')[1];
    const [hostFrom, hostTo] = part('host');
    this.#scheme = cut(0, schemeEnd);
    this.#front = cut(schemeEnd, hostFrom);
    if (this.flags & urlFlags.missing_slashes) this.#front = `://${this.#front.slice(1)}`;
    this.#user = cut(...part('user'));
    this.#host = cut(hostFrom, hostTo);
    let at = hostTo;
    for (const [i, name] of tailNames.entries()) {
      const range = fields.range(name);
      if (range === undefined) continue;
      this.#gaps[i] = cut(at, range[0]);
      this.#tails[i] = cut(...range);
      at = range[1];
    }
    this.#rest = this.#raw.slice(at);
  }

  #flag(name: UrlFlag): void {
    this.flags |= urlFlags[name];
  }

  /** @returns false for a host that is none */
  normalise(): boolean {
    if (this.#host === '') return false;
    const scheme = decodePercent(this.#scheme);
    if (scheme.length < this.#scheme.length) this.#flag('schema_encoded');
    this.#scheme = scheme;
    this.#setHost(this.#normal(decodePercent(this.#host)));
    if (this.#host === '') return false;
    if (this.#tails[0] !== '' && /^[/\\]{2,}$/.test(this.#gaps[0])) this.#gaps[0] = this.#gaps[0].charAt(0);
    this.#replaceDots();
    const prepared = prepareHost(this.#host);
    if (prepared === undefined) return false;
    this.#setHost(prepared);
    this.#normaliseTails();
    this.#scheme = lowerAscii(this.#scheme);
    this.#setHost(lowerUtf8(this.#host));
    if (this.protocol === 'unknown') this.protocol = protocols.get(this.#scheme) ?? 'unknown';
    return true;
  }

  #setHost(host: ByteString): void {
    if (host.length < this.#host.length) this.#flag('host_encoded');
    this.#host = host;
  }

  /** NFKC, as the flags tell it. */
  #normal(bytes: ByteString): ByteString {
    const result: Normalised = normalise(bytes);
    if (result.changed) this.#flag('unnormalised');
    if (result.zeroWidth) this.#flag('zw_spaces');
    if (result.cut) this.#flag('obscured');
    return result.bytes;
  }

  /** IDNA has more dots than one (RFC 3490, section 3.1). */
  #replaceDots(): void {
    const host = this.#host.replace(/\xe3\x80\x82|\xef\xbc\x8e|\xef\xbd\xa1/g, '.');
    if (host.length === this.#host.length) return;
    this.#setHost(host);
    this.#flag('obscured');
  }

  #normaliseTails(): void {
    for (const [i, given] of this.#tails.entries()) {
      if (given === '') continue;
      let tail = this.#normal(decodePercent(given));
      if (i === 0) tail = normalisePath(tail);
      if (tail.length < given.length && i < 2) this.#flag(i === 0 ? 'path_encoded' : 'query_encoded');
      this.#tails[i] = tail;
    }
  }

  /** Finds the registered domain. @returns false for a URL whose host has none but should */
  nameHost(source: UrlSource, suffixes: PublicSuffixes): boolean {
    if (this.protocol === 'telephone') {
      this.#dial();
      return true;
    }
    if (this.protocol === 'unknown') return source === 'href';
    this.#tld = suffixes.registered(this.#host);
    if (this.#tld === '' && this.#host.endsWith('.')) {
      this.#tld = suffixes.registered(this.#host.slice(0, -1));
      if (this.#tld !== '') this.#cutHost();
    }
    if (this.#tld === '' && !this.#isWholeDomain() && !this.#withoutSuffix(source)) return false;
    if (this.protocol !== 'mailto' && this.protocol !== 'file' && this.#front.includes('\\')) {
      this.#front = this.#front.replaceAll('\\', '/');
      this.#flag('obscured');
    }
    return true;
  }

  #cutHost(): void {
    this.#hostTail = '.';
    this.#host = this.#host.slice(0, -1);
  }

  /** A host of one label is a domain of its own. */
  #isWholeDomain(): boolean {
    const host = this.#host;
    const dot = host.indexOf('.');
    if (host === '' || (dot >= 0 && dot !== host.length - 1)) return false;
    for (let i = 0; i < host.length; i++) if (!isDomainByte(host.charCodeAt(i))) return false;
    const last = host.charCodeAt(host.length - 1);
    if ((last !== 0x2e && !isAlnum(last)) || this.protocol === 'mailto') return false;
    this.#takeIp();
    this.#tld = last === 0x2e && this.#host.length > 1 ? this.#host.slice(0, -1) : this.#host;
    return true;
  }

  #withoutSuffix(source: UrlSource): boolean {
    if (this.protocol === 'mailto') return false;
    const isIp = this.#takeIp();
    if (source !== 'href') return isIp;
    if (!isIp) this.#tld = this.#host;
    this.#flag('no_tld');
    return true;
  }

  /** Writes the host as an IP address if it is one. */
  #takeIp(): boolean {
    const ip = ipOfHost(this.#host);
    if (ip === undefined) return false;
    this.#flag('numeric');
    if (ip.obscured) this.#flag('obscured');
    const behind = this.#behindHost();
    const old = this.#host + behind;
    const [path, query, fragment] = this.#tails;
    let start = '';
    if (path !== '') start = '/';
    else if (old.charAt(ip.text.length) === '/') start = '/';
    this.#gaps[0] = (this.flags & urlFlags.has_port ? `:${this.#port}` : '') + start;
    this.#gaps[1] = query === '' ? '' : '?';
    this.#gaps[2] = fragment === '' ? '' : '#';
    this.#rest = '';
    this.#host = ip.text;
    this.#tld = ip.text;
    return true;
  }

  #behindHost(): ByteString {
    return this.#tails.map((tail, i) => this.#gaps[i] + tail).join('') + this.#rest;
  }

  /** A telephone number is its digits, and a plus before them. */
  #dial(): void {
    const plus = this.#host.startsWith('+') ? '+' : '';
    let digits = '';
    for (let at = plus.length; at < this.#host.length; ) {
      const read = readUtf8(this.#host, at);
      if (read > 0 && /^\p{Nd}$/u.test(String.fromCodePoint(read >>> 3))) digits += writeUtf8(read >>> 3);
      at += Math.abs(read) & 7;
    }
    this.#host = plus + digits;
    this.#tld = digits;
  }

  finish(): Url {
    const text = this.#scheme + this.#front + this.#host + this.#hostTail + this.#behindHost();
    const [path, query, fragment] = this.#tails;
    const parts = {
      text,
      scheme: this.#scheme,
      protocol: this.protocol,
      user: this.#user,
      host: this.#host,
      tld: this.#tld,
      port: this.#port,
      path,
      query,
      fragment,
    };
    return new Url(parts, this.#raw, this.flags);
  }
}
