import { isIPv6 } from 'node:net';
import { type Position, text } from '../ucl/index.ts';

/** A socket that a worker listens on. */
export type Listener = InetListener | UnixListener | SystemdListener;

/** A listener with the place of its line. */
export type PlacedListener = Listener & { readonly at: Position };

interface Common {
  /** The line of the configuration, decoded, for log and messages. */
  readonly line: string;
  /** The line ends in `ssl`. */
  readonly ssl: boolean;
}

export interface InetListener extends Common {
  readonly kind: 'inet';
  /** Name or numeric address (no brackets); undefined for every address of the families. */
  readonly host: string | undefined;
  /** Which families `host` stands for where it is undefined. */
  readonly families: 'both' | 4 | 6;
  readonly port: number;
}

export interface UnixListener extends Common {
  readonly kind: 'unix';
  readonly path: string;
  readonly mode: number;
  /** undefined: as the process is */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** A descriptor handed over by systemd: by number in LISTEN_FDS (0 is the first) or by name in LISTEN_FDNAMES. */
export interface SystemdListener extends Common {
  readonly kind: 'systemd';
  readonly id: number | string;
}

/** Looks up the system's users and groups; undefined where there is none of that name. */
export interface Accounts {
  user(name: string): { readonly uid: number; readonly gid: number } | undefined;
  group(name: string): number | undefined;
}

export type BindResult =
  | { readonly ok: Listener; readonly warnings: readonly string[] }
  | { readonly problem: string; readonly hint?: string };

const defaultPort = 11333;
/** Bytes of a path that fit into a socket address beside its final NUL. */
const pathLimit = 107;

const problem = (what: string, hint?: string): BindResult => ({ problem: what, ...(hint !== undefined && { hint }) });

/**
 * Reads a `bind_socket` line, a byte string (rspamd: src/libserver/cfg_utils.cxx:rspamd_parse_bind_line,
 * src/libutil/addr.c:rspamd_parse_host_port_priority). Ports out of range, IPv6 without brackets and `HOST:` without a
 * port are refused: the original binds something else than was written, on a port nobody knows.
 */
export function parseBindLine(line: string, accounts: Accounts): BindResult {
  const ssl = / ssl$/i.test(line) && line.length > 4;
  const address = ssl ? line.slice(0, -4) : line;
  const common = { line: text(line), ssl };
  if (address.startsWith('systemd:')) return parseSystemd(address.slice('systemd:'.length), common);
  if (address.startsWith('/') || address.startsWith('.')) return parseUnix(address, common, accounts);
  if (address.startsWith('*')) return parseAny(address.slice(1), common);
  if (address.startsWith('[')) return parseBracketed(address, common);
  return parseHost(address, common);
}

function parseSystemd(id: string, common: Common): BindResult {
  if (id === '') return problem('a number or a name must follow systemd:');
  return { ok: { kind: 'systemd', id: /^\d+$/.test(id) ? Number(id) : text(id), ...common }, warnings: [] };
}

function parseAny(rest: string, common: Common): BindResult {
  const family = /^v[46]/i.exec(rest)?.[0];
  const port = parsePort(family === undefined ? rest : rest.slice(2));
  if (typeof port === 'string') return problem(port);
  const families = family === undefined ? 'both' : family.endsWith('4') ? 4 : 6;
  return { ok: { kind: 'inet', host: undefined, families, port: port.port, ...common }, warnings: port.warnings };
}

function parseBracketed(address: string, common: Common): BindResult {
  const end = address.indexOf(']');
  if (end < 0) return problem('the closing bracket of the address is missing');
  return inet(address.slice(1, end), address.slice(end + 1), common);
}

function parseHost(address: string, common: Common): BindResult {
  if (isBareIPv6(address)) return problem('an IPv6 address needs brackets', `write ${bracketed(address)}`);
  const colon = address.indexOf(':');
  return colon < 0 ? inet(address, '', common) : inet(address.slice(0, colon), address.slice(colon), common);
}

/** An IPv6 address, or one with a port behind it, without brackets. */
function isBareIPv6(address: string): boolean {
  return /^[0-9a-f:.]*$/i.test(address) && /::|(?:[0-9a-f]+:){3}/i.test(address);
}

function bracketed(address: string): string {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (host !== undefined && isIPv6(host)) return `[${host}]:${port}`;
  return isIPv6(address) ? `[${address}]:PORT` : '[ADDRESS]:PORT';
}

/** @param rest what follows the host: nothing, or a colon and the port */
function inet(host: string, rest: string, common: Common): BindResult {
  const port = parsePort(rest);
  if (typeof port === 'string') return problem(port);
  // The original asks the resolver for no name at all, which gives the loopback addresses.
  const name = host === '' ? 'localhost' : text(host);
  return { ok: { kind: 'inet', host: name, families: 'both', port: port.port, ...common }, warnings: port.warnings };
}

/** What follows the address: nothing or `:PORT`, and a further number that is accepted and has no meaning. */
function parsePort(rest: string): { port: number; warnings: readonly string[] } | string {
  if (!rest.startsWith(':')) {
    return rest === ''
      ? { port: defaultPort, warnings: [] }
      : `a colon and the port must follow the address, not ${text(rest)}`;
  }
  const [, digits = '', weight, odd] = /^:\s*\+?(\d*)(?::(\d*))?(.*)$/s.exec(rest) ?? [];
  if (odd !== undefined && odd !== '') {
    const symbol = text(odd).slice(0, 1);
    return `cannot parse ${weight === undefined ? 'port' : 'priority'}: ${text(rest)}, at symbol ${symbol}`;
  }
  if (digits === '') return 'the port after the colon is missing';
  const port = Number(digits);
  if (port > 65_535) return `the port ${digits} is not between 0 and 65535`;
  const warnings =
    weight === undefined ? [] : [`the number ${text(weight)} after the port has no effect on a listener`];
  return { port, warnings };
}

function parseUnix(address: string, common: Common, accounts: Accounts): BindResult {
  const [path = '', ...words] = address.split(/[ ,]+/).filter((word) => word !== '');
  if (path.length > pathLimit) return problem(`the path has ${path.length} bytes, a socket takes ${pathLimit} at most`);
  const socket = { mode: 0o644, uid: undefined as number | undefined, gid: undefined as number | undefined };
  const warnings: string[] = [];
  let groupGiven = false;
  for (const word of words) {
    const [, name = '', value = ''] = /^(mode|owner|group)=(.*)$/is.exec(word) ?? [];
    switch (name.toLowerCase()) {
      case 'mode': {
        socket.mode = parseMode(value);
        if (socket.mode === 0)
          return problem(`bad mode: ${text(value)}`, 'write it in octal digits, for instance mode=0660');
        warnings.push(...modeWarnings(value, socket.mode));
        break;
      }
      case 'owner': {
        const user = accounts.user(text(value));
        if (user === undefined) return problem(`bad user: ${text(value)}`, 'there is no such user on this machine');
        socket.uid = user.uid;
        if (!groupGiven) socket.gid = user.gid;
        break;
      }
      case 'group': {
        const gid = accounts.group(text(value));
        if (gid === undefined) return problem(`bad group: ${text(value)}`, 'there is no such group on this machine');
        socket.gid = gid;
        groupGiven = true;
        break;
      }
      default:
        warnings.push(`the word ${text(word)} after the path of the socket has no meaning`);
    }
  }
  return { ok: { kind: 'unix', path: text(path), ...socket, ...common }, warnings };
}

/** As strtoul() with base 0: octal only with a leading zero; 0 where no number is found. */
function parseMode(value: string): number {
  const [, hex, octal, decimal] = /^(?:0x([0-9a-f]+)|0([0-7]*)|([1-9]\d*))/i.exec(value) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (octal !== undefined) return octal === '' ? 0 : Number.parseInt(octal, 8);
  return decimal === undefined ? 0 : Number(decimal);
}

function modeWarnings(value: string, mode: number): string[] {
  if (!/^[1-7][0-7]{2}$/.test(value)) return [];
  return [`mode=${value} is decimal and means 0${mode.toString(8)}; write mode=0${value} for octal`];
}
