import { type ByteString, hexValue, parseDecimal } from './bytes.ts';

/** An IP address as a peer wrote it. */
export interface InetAddress {
  /** Canonical text; IPv4 where IPv6 only maps it. */
  readonly text: string;
  readonly version: 4 | 6;
  /** 0 where none was given. */
  readonly port: number;
}

/** Longest text of an IPv6 address, with the terminator of C (INET6_ADDRSTRLEN). */
const maxTextLength = 46;

/**
 * `a.b.c.d`, `a.b.c.d:port`, IPv6, `[IPv6]`, `[IPv6]:port`, `IPv6:…` (rspamd: src/libutil/addr.c:rspamd_parse_inet_address).
 */
export function parseInetAddress(text: ByteString): InetAddress | undefined {
  if (text.startsWith('[')) return bracketed(text);
  const colon = text.indexOf(':');
  if (colon < 0) return version4(text, 0) ?? version6(text, 0);
  if (text.includes(':', colon + 1)) {
    const address = version6(text, 0);
    if (address !== undefined) return address;
  }
  if (colon <= 1 || colon > maxTextLength) return undefined;
  return version4(text.slice(0, colon), portOf(text.slice(colon + 1)));
}

function bracketed(text: ByteString): InetAddress | undefined {
  const end = text.indexOf(']', 1);
  if (end < 0 || end - 1 === 0 || end - 1 > maxTextLength) return undefined;
  const port = text[end + 1] === ':' ? portOf(text.slice(end + 2)) : 0;
  return version6(text.slice(1, end), port);
}

function portOf(text: ByteString): number {
  return (parseDecimal(text) ?? 0) & 0xffff;
}

function version4(text: ByteString, port: number): InetAddress | undefined {
  const octets = parseIp4(text);
  return octets === undefined ? undefined : { text: octets.join('.'), version: 4, port };
}

function version6(text: ByteString, port: number): InetAddress | undefined {
  const words = parseIp6(text);
  if (words === undefined) return undefined;
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    const [high = 0, low = 0] = words.slice(6);
    return { text: [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.'), version: 4, port };
  }
  return { text: formatIp6(words), version: 6, port };
}

/** Four octets; missing digits count as zero (rspamd: src/libutil/addr.c:rspamd_parse_inet_address_ip4). */
export function parseIp4(text: ByteString): number[] | undefined {
  if (!/^[0-9.]+$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  return octets.length === 4 && octets.every((octet) => octet <= 255) ? octets : undefined;
}

/** Eight words of 16 bits (rspamd: src/libutil/addr.c:rspamd_parse_inet_address_ip6). */
export function parseIp6(given: ByteString): number[] | undefined {
  const scope = given.indexOf('%');
  let text = scope > 0 ? given.slice(0, scope) : given;
  if (text.length > 5 && /^ipv6:/i.test(text)) text = text.slice(5);
  if (text.length > 1 && text.startsWith('[') && text.endsWith(']')) text = text.slice(1, -1);
  if (text.startsWith(':')) text = text.slice(1);
  const words: number[] = [];
  let gap = -1;
  let digits = 0;
  let word = 0;
  let wordStart = -1;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x3a) {
      if (digits > 0) {
        words.push(word);
        if (words.length === 8) return undefined;
        digits = word = 0;
      } else if (gap < 0) {
        gap = words.length;
      } else {
        return undefined;
      }
      wordStart = at + 1;
    } else if (byte === 0x2e && digits > 0) {
      if (words.length > 6 || wordStart < 0) return undefined;
      const octets = parseIp4(text.slice(wordStart));
      if (octets === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      words.push((a << 8) | b);
      word = (c << 8) | d;
      break;
    } else {
      const value = hexValue(byte);
      if (value < 0 || ++digits > 4) return undefined;
      word = word * 16 + value;
    }
  }
  if (digits === 0 && gap < 0) return undefined;
  words.push(word);
  if (words.length < 8) {
    if (gap < 0) return undefined;
    words.splice(gap, 0, ...new Array<number>(8 - words.length).fill(0));
    return words;
  }
  return gap < 0 ? words : undefined;
}

/** RFC 5952, with the dotted form that inet_ntop gives addresses that hold an IPv4 one. */
export function formatIp6(words: readonly number[]): string {
  const [from, length] = longestZeroRun(words);
  const embeds = from === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const parts = words.map((word) => word.toString(16));
  if (embeds) {
    const [high = 0, low = 0] = words.slice(6);
    parts.splice(6, 2, `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`);
  }
  if (length < 2) return parts.join(':');
  return `${parts.slice(0, from).join(':')}::${parts.slice(from + length).join(':')}`;
}

function longestZeroRun(words: readonly number[]): readonly [from: number, length: number] {
  let best: readonly [number, number] = [-1, 0];
  for (let at = 0; at < words.length; ) {
    let end = at;
    while (words[end] === 0) end++;
    if (end - at > best[1]) best = [at, end - at];
    at = end + 1;
  }
  return best;
}
