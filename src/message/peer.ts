import { isIPv4 } from 'node:net';

/** The other end of an accepted connection, or the SMTP client that a milter speaks of. */
export type Peer =
  | { readonly kind: 'inet'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** An IPv4-mapped IPv6 address in its IPv4 form, any other address as it is (rspamd: src/libutil/addr.c). */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] !== undefined && isIPv4(mapped[1]) ? mapped[1] : address;
}

/** `a.b.c.d:port`, `[v6]:port` or the socket path: the form of the `IP` header. */
export function formatPeer(peer: Peer): string {
  if (peer.kind === 'unix') return peer.path;
  return peer.address.includes(':') ? `[${peer.address}]:${peer.port}` : `${peer.address}:${peer.port}`;
}

/** Loopback or a unix socket: a peer on this very machine. */
export function isLoopback(peer: Peer): boolean {
  return peer.kind === 'unix' || peer.address === '::1' || peer.address.startsWith('127.');
}
