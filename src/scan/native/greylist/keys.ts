import { createHash } from 'node:crypto';
import { encodeBase32 } from '../../../wire/crypt/index.ts';
import { type ByteString, formatIp6, fromText } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { ipBytes } from '../ip.ts';

/** What a message is known by. */
export interface GreylistKeys {
  /** By what it says. */
  readonly body: string;
  /** By who sends it to whom. */
  readonly meta: string;
}

export interface KeyOptions {
  readonly key_prefix: string;
  /** Bytes of the body. */
  readonly max_data_len: number;
  readonly ipv4_mask: number;
  readonly ipv6_mask: number;
}

/** Characters of a hash. */
const length = 20;

/** rspamd: src/plugins/lua/greylist.lua:data_key, envelope_key */
export function keysOf({ message, visible, ip }: Task, options: KeyOptions): GreylistKeys {
  const recipients = visible.recipients.map(({ addr }) => addr).sort();
  const hash = (kind: 'b' | 'm', parts: readonly ByteString[]): string => {
    const digest = createHash('blake2b512').update(parts.join(''), 'latin1').digest();
    return `${options.key_prefix}${kind}${encodeBase32(digest).slice(0, length)}`;
  };
  // The line between header and body counts.
  const { length: start } = message.rawHeaders;
  const body = message.text.slice(start, start + options.max_data_len);
  const from = visible.from[0]?.addr ?? '<>';
  return {
    body: hash('b', [body, fromText(message.subject ?? ''), ...recipients, from]),
    meta: hash('m', [visible.sender?.addr ?? '<>', ...recipients, ip === undefined ? '' : masked(ip, options)]),
  };
}

/** The network of an address. */
function masked(ip: string, { ipv4_mask: bits4, ipv6_mask: bits6 }: KeyOptions): string {
  const bytes = ipBytes(ip);
  if (bytes === undefined) return ip;
  const bits = bytes.length === 4 ? bits4 : bits6;
  const kept = bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * at))) & 0xff);
  if (kept.length === 4) return kept.join('.');
  const words = Array.from({ length: 8 }, (_, at) => ((kept[2 * at] as number) << 8) | (kept[2 * at + 1] as number));
  return formatIp6(words);
}
