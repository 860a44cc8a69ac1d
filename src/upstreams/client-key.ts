import { isIPv4, isIPv6 } from 'node:net';
import { type Peer, plainAddress } from '../message/peer.ts';

/**
 * The bytes that stand for a client: its address in network order without the port; for a unix socket what the
 * original takes on the usual machines (rspamd: src/libutil/addr.c:rspamd_inet_address_get_hash_key). Undefined for
 * what is no address.
 */
export function clientKey(client: Peer): Uint8Array | undefined {
  if (client.kind === 'unix') return unixKey;
  const address = plainAddress(client.address);
  if (isIPv4(address)) {
    const bytes = new Uint8Array(4);
    putIPv4(address, 0, bytes, 0);
    return bytes;
  }
  return isIPv6(address) ? ipv6Bytes(address) : undefined;
}

const unixKey = Uint8Array.of(1, 0, 0, 127);

// Read by character: this runs for every message, and splitting into strings costs several times as much.
const [percent, dot, zero, nine, colon] = [37, 46, 48, 57, 58] as const;

/** Writes a dotted address that begins at `from`, known to be right, to `bytes[to]` and after. */
function putIPv4(address: string, from: number, bytes: Uint8Array, to: number): void {
  let value = 0;
  let place = to;
  for (let at = from; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === dot) {
      bytes[place++] = value;
      value = 0;
    } else value = value * 10 + code - zero;
  }
  bytes[place] = value;
}

/** @param address known to be right, perhaps with a zone (`%eth0`) */
function ipv6Bytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  let size = 0;
  let gap = -1;
  let group = 0;
  let start = 0;
  const end = address.indexOf('%') < 0 ? address.length : address.indexOf('%');
  for (let at = 0; at <= end; at++) {
    const code = at < end ? address.charCodeAt(at) : percent;
    if (code === dot) {
      putIPv4(address.slice(0, end), start, bytes, size);
      size += 4;
      break;
    }
    if (code !== colon && code !== percent) {
      group = group * 16 + hexDigit(code);
      continue;
    }
    if (at > start) {
      bytes[size] = group >> 8;
      bytes[size + 1] = group & 255;
      size += 2;
    } else if (at < end) gap = size;
    group = 0;
    start = at + 1;
  }
  // What follows "::" belongs at the end.
  return gap < 0 ? bytes : bytes.copyWithin(16 - (size - gap), gap, size).fill(0, gap, 16 - (size - gap));
}

function hexDigit(code: number): number {
  return code <= nine ? code - zero : (code & 0xdf) - 55;
}
