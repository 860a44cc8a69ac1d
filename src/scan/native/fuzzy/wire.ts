import { randomBytes } from 'node:crypto';
import { type Cipher, decrypt, encryptInPlace, type KeyPair } from '../../../wire/crypt/index.ts';
import type { Extensions } from './extensions.ts';
import { shingleCount } from './shingles.ts';

/** Datagrams of a fuzzy storage (rspamd: src/libserver/fuzzy_wire.h). */

/** The command to look a hash up. */
const check = 0;

/** Version 4, plain or with the wish for replies that name several flags: older storages take none with it. */
export const versions = { plain: 4, manyFlags: 0x14 } as const;

/** What a storage is asked for. */
export interface FuzzyQuery {
  /** 64 bytes. */
  readonly digest: Buffer;
  /** 32 numbers of 64 bits. */
  readonly shingles: Buffer | undefined;
  readonly extensions: Extensions | undefined;
}

export interface FuzzyReply {
  readonly tag: number;
  /** How often the hash was told to the storage; a code of an error where the probability is low. */
  readonly value: number;
  readonly flag: number;
  /** 0 to 1. */
  readonly probability: number;
  /** Of the hash that was found. */
  readonly digest: Buffer;
  /** When it was told to the storage, seconds since the epoch. */
  readonly added: number;
  /** The same hash in further lists. */
  readonly more: ReadonlyArray<{ readonly flag: number; readonly value: number }>;
}

/** Key pair of ours, and what both sides share. */
export interface FuzzyChannel {
  readonly cipher: Cipher;
  readonly own: KeyPair;
  /** Of the storage. */
  readonly peer: Uint8Array;
  readonly shared: Uint8Array;
}

const magic = Buffer.from('rsfe');
const keyIdBytes = 8;
const nonceBytes = 24;
const macBytes = 16;
const digestBytes = 64;
const replyBytes = 96;
const manyFlagsBytes = 144;
/** Bytes of the largest reply, sealed. */
export const maxReply = nonceBytes + macBytes + manyFlagsBytes;
const maxMore = 7;

/** A datagram for one query. @param tag comes back with the reply */
export function writeQuery(query: FuzzyQuery, tag: number, version: number, channel?: FuzzyChannel): Buffer {
  const head = Buffer.alloc(12);
  head[0] = version;
  head[1] = check;
  head[2] = query.shingles === undefined ? 0 : shingleCount;
  head.writeUInt32LE(tag, 8);
  const facts = version === versions.plain ? undefined : query.extensions?.facts;
  const parts = [head, query.digest, query.shingles, query.extensions?.sender, facts];
  const plain = Buffer.concat(parts.filter((part) => part !== undefined));
  return channel === undefined ? plain : seal(plain, channel);
}

function seal(plain: Buffer, { cipher, own, peer, shared }: FuzzyChannel): Buffer {
  const nonce = randomBytes(nonceBytes);
  const mac = encryptInPlace(cipher, plain, nonce, shared);
  return Buffer.concat([magic, peer.subarray(0, keyIdBytes), own.publicKey.bytes, nonce, mac, plain]);
}

/** Replies of one datagram. What is none, or is not from who has the key, is passed over. */
export function readReplies(datagram: Buffer, channel?: FuzzyChannel): { replies: FuzzyReply[]; manyFlags: boolean } {
  const replies: FuzzyReply[] = [];
  let manyFlags = false;
  for (let at = 0; at < datagram.length; ) {
    const rest = datagram.subarray(at);
    const found = openReply(rest, manyFlagsBytes, channel) ?? openReply(rest, replyBytes, channel);
    if (found === undefined) break;
    if (found.bytes.length === manyFlagsBytes) manyFlags = true;
    replies.push(readReply(found.bytes));
    at += found.taken;
  }
  return { replies, manyFlags };
}

function openReply(rest: Buffer, length: number, channel: FuzzyChannel | undefined) {
  const overhead = channel === undefined ? 0 : nonceBytes + macBytes;
  const taken = overhead + length;
  if (rest.length < taken) return undefined;
  const sealed = rest.subarray(overhead, taken);
  if (channel === undefined) return { bytes: sealed, taken };
  const nonce = rest.subarray(0, nonceBytes);
  const bytes = decrypt(channel.cipher, sealed, rest.subarray(nonceBytes, overhead), nonce, channel.shared);
  return bytes === undefined ? undefined : { bytes, taken };
}

function readReply(bytes: Buffer): FuzzyReply {
  const count = bytes.length === manyFlagsBytes ? Math.min(bytes[84] as number, maxMore) : 0;
  return {
    value: bytes.readInt32LE(0),
    flag: bytes.readUInt32LE(4),
    tag: bytes.readUInt32LE(8),
    probability: bytes.readFloatLE(12),
    digest: bytes.subarray(16, 16 + digestBytes),
    added: bytes.readUInt32LE(16 + digestBytes),
    more: Array.from({ length: count }, (_, n) => ({
      value: bytes.readInt32LE(88 + 8 * n),
      flag: bytes.readUInt32LE(92 + 8 * n),
    })),
  };
}
