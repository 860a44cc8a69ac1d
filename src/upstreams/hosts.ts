import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '../message/peer.ts';

/** Ways of choosing that a `hosts` string can ask for by its prefix. */
export type Rotation = 'round-robin' | 'master-slave' | 'random' | 'hash';

/** One entry of `hosts`. `weight` 0 means that none was written. */
export type HostItem =
  | {
      readonly kind: 'inet';
      /** What the original calls the host: `host:port` as written, `host` alone, or an IPv6 address without brackets. */
      readonly name: string;
      /** A host name or a numeric address. */
      readonly host: string;
      readonly port: number;
      readonly weight: number;
    }
  | { readonly kind: 'unix'; readonly name: string; readonly path: string; readonly weight: 0 }
  | {
      readonly kind: 'srv';
      /** The name to look up: `_service._tcp.domain`. */
      readonly name: string;
      readonly weight: 0;
    };

/** `error`: that entry is not used. `warning`: it is used, but perhaps not as its author meant it. */
export interface HostsProblem {
  readonly severity: 'error' | 'warning';
  /** Which of the strings, and the bytes in it. */
  readonly string: number;
  readonly offset: number;
  readonly length: number;
  readonly message: string;
}

export interface HostsSpec {
  readonly rotation: Rotation;
  readonly items: readonly HostItem[];
  readonly problems: readonly HostsProblem[];
}

/** Port of a scanner that names none (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_upstream). */
export const defaultScannerPort = 11333;

const rotations: readonly Rotation[] = ['round-robin', 'master-slave', 'random', 'hash'];
const rotationPrefix = /^[;, \n\r\t]*(round-robin|master-slave|random|hash):/i;
const maxWeight = 65_535;
const maxUnixPath = 107;

/**
 * Reads the strings of a `hosts` option (rspamd: src/libutil/upstream.c:rspamd_upstreams_from_ucl). Good entries are
 * kept whatever the others are; it is for the caller to refuse a specification without `items`.
 *
 *     string := [rotation ":"] item { sep item }          sep := one or more of ; , SPACE LF CR TAB
 *     item   := host [":" port [":" weight]] | "[" ipv6 "]" [":" port [":" weight]] | path | "service=" name "+" domain
 */
export function parseHosts(strings: readonly string[], defaultPort: number = defaultScannerPort): HostsSpec {
  const items: HostItem[] = [];
  const problems: HostsProblem[] = [];
  let rotation: Rotation | undefined;
  for (const [string, text] of strings.entries()) {
    const report = (severity: 'error' | 'warning', offset: number, length: number, message: string): void => {
      problems.push({ severity, string, offset, length, message });
    };
    const prefix = rotationPrefix.exec(text);
    if (prefix !== null) {
      const wanted = prefix[1]?.toLowerCase() as Rotation;
      if (rotation !== undefined && rotation !== wanted)
        report('warning', 0, prefix[0].length, `"${wanted}:" overrides the "${rotation}:" of an earlier string`);
      rotation = wanted;
    }
    const start = prefix?.[0].length ?? 0;
    const before = items.length;
    const errors = problems.length;
    for (const match of text.slice(start).matchAll(/[^;, \n\r\t]+/g)) {
      const [word] = match;
      const read = parseItem(word, defaultPort);
      if (read.item !== undefined) items.push(read.item);
      if (read.problem !== undefined)
        report(read.item === undefined ? 'error' : 'warning', start + match.index, word.length, read.problem);
    }
    if (items.length === before && problems.length === errors)
      report('error', 0, text.length, 'names no host; write for example "127.0.0.1:11333"');
  }
  return { rotation: rotation ?? 'round-robin', items, problems };
}

/** Nameservers in the same grammar: `host:port` or `[address]:port` of each, which may be a name. */
export function parseNameservers(strings: readonly string[]): { servers: string[]; problems: readonly HostsProblem[] } {
  const { items, problems } = parseHosts(strings, 53);
  const servers = items.flatMap((item) => {
    if (item.kind !== 'inet') return [];
    return [isIPv6(item.host) ? `[${item.host}]:${item.port}` : `${item.host}:${item.port}`];
  });
  const misplaced = strings.flatMap((text, string) =>
    parseHosts([text], 53)
      .items.filter(({ kind }) => kind !== 'inet')
      .map(({ name }): HostsProblem => {
        const message = `${name} is no nameserver; write HOST or HOST:PORT`;
        const offset = text.indexOf(name);
        if (offset < 0) return { severity: 'error', string, offset: 0, length: text.length, message };
        return { severity: 'error', string, offset, length: name.length, message };
      }),
  );
  return { servers, problems: [...problems, ...misplaced] };
}

type Read =
  | { readonly item: HostItem; readonly problem?: string }
  | { readonly item?: undefined; readonly problem: string };

function parseItem(text: string, defaultPort: number): Read {
  if (/^service=/i.test(text)) return parseService(text);
  if (text.startsWith('/') || text.startsWith('.')) return parseUnix(text);
  if (text.startsWith('[')) return parseBracketed(text, defaultPort);
  return parsePlain(text, defaultPort);
}

function parseService(text: string): Read {
  const parts = /^service=([^+:]+)\+([^:]+)(:.*)?$/i.exec(text);
  const [, service = '', domain = '', weight] = parts ?? [];
  if (parts === null) return { problem: 'a service is written service=NAME+DOMAIN, as in service=rspamd+example.com' };
  const wrong = hostNameProblem(domain) ?? hostNameProblem(service);
  if (wrong !== undefined) return { problem: wrong };
  const item: HostItem = { kind: 'srv', name: `_${service}._tcp.${domain}`, weight: 0 };
  if (weight === undefined || weight === ':') return { item };
  return { item, problem: `"${weight}" has no effect: the weights of a service come from its SRV records` };
}

function parseUnix(path: string): Read {
  if (path.length > maxUnixPath)
    return { problem: `the path of a unix socket has at most ${maxUnixPath} bytes, this one ${path.length}` };
  const item: HostItem = { kind: 'unix', name: path, path, weight: 0 };
  if (!/:\d*$/.test(path)) return { item };
  return { item, problem: 'a unix socket has neither port nor weight: all of this is taken as its path' };
}

function parseBracketed(text: string, defaultPort: number): Read {
  const end = text.indexOf(']');
  if (end < 0) return { problem: `the bracket is not closed; write [${text.slice(1)}]:${defaultPort}` };
  const host = text.slice(1, end);
  const rest = text.slice(end + 1);
  if (!isIPv6(host) && !isIPv4(host)) return { problem: `"${host}" between the brackets is no IPv6 address` };
  if (rest !== '' && !rest.startsWith(':'))
    return { problem: `"${rest}" cannot follow the bracket; a port is written [${host}]:${defaultPort}` };
  // The original's name of such a host has no port (rspamd: src/libutil/addr.c:rspamd_parse_host_port_priority).
  return withPort(plainAddress(host), () => host, rest, defaultPort);
}

function parsePlain(text: string, defaultPort: number): Read {
  const [host = '', port = ''] = text.split(':');
  const rest = text.slice(host.length);
  if (looksLikeIPv6(text)) return { problem: `an IPv6 address needs brackets, as in [::1]:${defaultPort}` };
  const misread = schemeProblem(host, rest) ?? rotationProblem(host, port);
  if (misread !== undefined) return { problem: misread };
  const name = (written: string): string => (written === '' ? host : `${host}:${written}`);
  // Two spellings that getaddrinfo takes: no host at all is the local machine, and 127.1 is 127.0.0.1.
  const real = host === '' && rest !== '' ? 'localhost' : shortIPv4(host);
  if (real !== undefined) {
    const read = withPort(real, name, rest, defaultPort);
    return read.item === undefined ? read : { ...read, problem: `"${host}" is read as ${real}; better write it so` };
  }
  const wrong = hostNameProblem(host);
  return wrong === undefined ? withPort(host, name, rest, defaultPort) : { problem: wrong };
}

/** @param rest nothing, `:port` or `:port:weight` */
function withPort(host: string, name: (port: string) => string, rest: string, defaultPort: number): Read {
  if (rest === '') return { item: { kind: 'inet', name: name(''), host, port: defaultPort, weight: 0 } };
  const [port = '', weight = '', ...more] = rest.slice(1).split(':');
  const wrong = portProblem(port, defaultPort) ?? (more.length > 0 ? tooManyParts : weightProblem(weight));
  if (wrong !== undefined) return { problem: wrong };
  return { item: { kind: 'inet', name: name(port), host, port: Number(port), weight: Number(weight) } };
}

const tooManyParts = 'too many colons; a host is written HOST, HOST:PORT or HOST:PORT:WEIGHT';

function portProblem(port: string, defaultPort: number): string | undefined {
  if (port === '') return `the port is missing; write HOST:${defaultPort} or HOST:${defaultPort}:WEIGHT`;
  if (!/^\d+$/.test(port)) return `the port "${port}" is not a number; a host is written HOST:PORT or HOST:PORT:WEIGHT`;
  if (Number(port) < 1 || Number(port) > 65_535) return `the port ${port} is outside of 1 to 65535`;
  return undefined;
}

function weightProblem(weight: string): string | undefined {
  if (!/^\d*$/.test(weight)) return `the weight "${weight}" is not a whole number of 0 or more`;
  if (Number(weight) > maxWeight) return `the weight ${weight} is above ${maxWeight}`;
  return undefined;
}

function schemeProblem(host: string, rest: string): string | undefined {
  if (rest.startsWith('://')) return 'write HOST:PORT without a scheme; "ssl = true" switches TLS on';
  if (host.toLowerCase() === 'unix') return `the path of a unix socket is written alone: ${rest.slice(1)}`;
  return undefined;
}

/** `p2c:127.0.0.1:11333`: a word where only four are known, or one of them behind the first entry. */
function rotationProblem(host: string, port: string): string | undefined {
  if (/^\d*$/.test(port) || !/^[a-z][\w-]*$/i.test(host)) return undefined;
  if (rotations.includes(host.toLowerCase() as Rotation))
    return `"${host}:" decides for the whole list and stands at the start of the string only`;
  const known = rotations.map((one) => `${one}:`).join(', ');
  return `the port "${port}" is not a number, and "${host}:" is no way of choosing (there are ${known})`;
}

/** More colons than HOST:PORT:WEIGHT has, and nothing but what an IPv6 address is made of. */
function looksLikeIPv6(text: string): boolean {
  return (
    isIPv6(text) || (/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) && (text.includes('::') || text.split(':').length > 5))
  );
}

/** The full form of `a.d` and `a.b.d`; octal and hexadecimal forms are refused as host names are. */
function shortIPv4(host: string): string | undefined {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,4})){1,2}$/.test(host)) return undefined;
  const parts = host.split('.').map(Number);
  const last = parts.pop() as number;
  const full = [...parts, ...(parts.length === 1 ? [0] : []), last >> 8, last & 255].join('.');
  return last <= 0xffff && isIPv4(full) ? full : undefined;
}

/** Why a text cannot be a host name (RFC 1123 section 2.1, underscores allowed); undefined where it can. */
function hostNameProblem(host: string): string | undefined {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  if (bare === '*') return '"*" is an address to listen on, not one to connect to';
  if (/[^\x00-\x7f]/.test(bare)) return 'a host name with other than ASCII letters is written in its "xn--" form';
  const odd = /[^A-Za-z0-9._-]/.exec(bare);
  if (odd !== null) return `${JSON.stringify(odd[0])} cannot be part of a host name`;
  const labels = bare.split('.');
  if (bare.length > 253 || labels.some((label) => label === '' || label.length > 63))
    return 'a host name has at most 253 characters, and its parts 1 to 63';
  if (/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) as string) && !isIPv4(bare)) return `"${host}" is no IPv4 address`;
  return undefined;
}
