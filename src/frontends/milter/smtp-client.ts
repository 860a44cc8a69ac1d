import { isIPv6, SocketAddress } from 'node:net';
import { ProtocolError } from '../../message/errors.ts';
import { type Peer, plainAddress } from '../../message/peer.ts';
import { PayloadReader } from '../../wire/milter/index.ts';

/** What the MTA tells of the SMTP client in `C`. */
export interface SmtpClient {
  readonly hostname: string;
  /** Undefined where the MTA knows no address. */
  readonly address: Peer | undefined;
}

const family = { unknown: 'U', unix: 'L', inet: '4', inet6: '6' } as const;

/**
 * Reads a connect payload: hostname NUL, family, then unless that is unknown uint16 port and address NUL. A payload that
 * ends before the address is a client without one (rspamd: src/libserver/milter.c:rspamd_milter_process_command).
 */
export function readClient(payload: Buffer): SmtpClient {
  const reader = new PayloadReader(payload, 'connect');
  const hostname = reader.string('name');
  const kind = reader.left > 0 ? String.fromCharCode(reader.uint8('family')) : family.unknown;
  if (kind === family.unknown || reader.left <= 2) return { hostname, address: undefined };
  const port = reader.uint16('port');
  const text = reader.string('address');
  switch (kind) {
    case family.unix:
      return { hostname, address: text === '' ? undefined : { kind: 'unix', path: text } };
    case family.inet:
    case family.inet6:
      return { hostname, address: { kind: 'inet', address: readAddress(text), port } };
    default:
      throw new ProtocolError(`invalid connect command (bad protocol: ${kind})`);
  }
}

/**
 * Sendmail writes `IPv6:2001:db8::1`; brackets, zone ids and a port behind an IPv4 address are accepted too. The result
 * is in canonical form.
 */
function readAddress(text: string): string {
  const bare = text
    .replace(/^IPv6:/i, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '');
  if (isIPv6(bare)) return plainAddress(new SocketAddress({ address: bare, family: 'ipv6' }).address);
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::\d+)?$/.exec(bare)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255))
    throw new ProtocolError('invalid connect command (bad IP address)');
  return octets.join('.');
}
