import { domainToASCII } from 'node:url';
import type { DnsRecords, DnsType } from '../dns-answer.ts';
import { type ByteString, formatIp6, has8Bit, lowerAscii, toText } from '../message/index.ts';

/** Messages of DNS (RFC 1035, 4; RFC 6891): what a client needs of them. */

export const typeNumbers: Readonly<Record<DnsType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
};
const soaType = 6;
const optType = 41;

/** What we take over UDP: more than most need, less than what gets lost in fragments. */
const udpSize = 1232;

const maxName = 253;
const maxLabel = 63;

/** The answer to one question. */
export interface WireReply {
  readonly id: number;
  readonly truncated: boolean;
  /** 0 no error, 2 failure of the server, 3 no such name, 5 refused. */
  readonly code: number;
  /** The server has checked the signatures of all of it. */
  readonly authenticated: boolean;
  /** Of the type that was asked for, aliases followed. */
  readonly records: readonly DnsRecords[DnsType][];
  /** Seconds that this may be kept; undefined where the answer does not say. */
  readonly ttl: number | undefined;
}

/**
 * A name as it is asked for, in lower case (rspamd: src/libserver/dns.c:rspamd_dns_resolver_request).
 * @param name byte string, UTF-8; dots separate labels
 * @returns undefined for what cannot be one: empty or too long, a label of more than 63 bytes, other characters than
 * letters, digits, `-` and `_`; empty labels are left out (rspamd: contrib/librdns/packet.c:rdns_write_name_compressed)
 */
export function questionName(name: ByteString): string | undefined {
  const ascii = has8Bit(name) ? domainToASCII(toText(name)) : name.toLowerCase();
  if (ascii === '' || ascii.length > maxName || !/^[a-z0-9._-]+$/.test(ascii)) return undefined;
  const labels = ascii.split('.').filter((label) => label !== '');
  return labels.length === 0 || labels.some((label) => label.length > maxLabel) ? undefined : labels.join('.');
}

/**
 * @param name as of questionName
 * @param dnssec the records of DNSSEC are wanted too (the DO bit, RFC 3225)
 */
export function encodeQuery(id: number, name: string, type: DnsType, dnssec: boolean): Buffer {
  const labels = name.split('.');
  const question = name.length + 2;
  const bytes = Buffer.alloc(12 + question + 4 + 11);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(0x0100, 2); // recursion desired
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(1, 10);
  let at = 12;
  for (const label of labels) {
    bytes[at++] = label.length;
    at += bytes.write(label, at, 'latin1');
  }
  at++;
  bytes.writeUInt16BE(typeNumbers[type], at);
  bytes.writeUInt16BE(1, at + 2);
  bytes.writeUInt16BE(optType, at + 5);
  bytes.writeUInt16BE(udpSize, at + 7);
  if (dnssec) bytes[at + 11] = 0x80;
  return bytes;
}

/** @returns the number of the question a datagram may answer; undefined for what is no reply */
export function replyId(message: Buffer): number | undefined {
  return message.length >= 12 && ((message[2] as number) & 0x80) !== 0 ? message.readUInt16BE(0) : undefined;
}

/**
 * Reads the reply to a question, whatever is in it.
 * @param name as of questionName
 * @returns undefined where it cannot be read or answers another question
 */
export function decodeReply(message: Buffer, name: string, type: DnsType): WireReply | undefined {
  try {
    return new Reader(message).reply(name, type);
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

interface Resource {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly start: number;
  readonly end: number;
}

const maxHops = 16;

/** A RangeError anywhere in it: the message ends too early. */
class Reader {
  readonly #message: Buffer;
  #at = 12;

  constructor(message: Buffer) {
    this.#message = message;
  }

  reply(asked: string, type: DnsType): WireReply | undefined {
    const message = this.#message;
    const id = replyId(message);
    if (id === undefined) return undefined;
    const flags = message.readUInt16BE(2);
    const code = flags & 0x0f;
    const truncated = (flags & 0x0200) !== 0;
    const head = { id, truncated, code, authenticated: (flags & 0x0020) !== 0 };
    const questions = message.readUInt16BE(4);
    // Some servers leave the question out where they refuse it.
    if (questions === 0 && code !== 0) return { ...head, records: [], ttl: undefined };
    if (questions !== 1 || this.#name() !== asked) return undefined;
    const askedType = this.#word();
    if (askedType !== typeNumbers[type] || this.#word() !== 1) return undefined;
    if (truncated) return { ...head, records: [], ttl: undefined };
    const answers = this.#resources(message.readUInt16BE(6));
    const authority = this.#resources(message.readUInt16BE(8));
    const { name, ttl } = this.#follow(asked, type === 'CNAME' ? [] : answers);
    const wanted = answers.filter((one) => one.type === askedType && one.name === name);
    if (code === 0 && wanted.length > 0) {
      const records = wanted.map((one) => this.#record(one, type)).filter((record) => record !== undefined);
      return { ...head, records, ttl: Math.min(ttl, ...wanted.map((one) => one.ttl)) };
    }
    return { ...head, records: [], ttl: this.#negativeTtl(authority, ttl) };
  }

  /** The name that the aliases of the answer lead to, and the shortest time that one of them may be kept. */
  #follow(asked: string, answers: readonly Resource[]): { name: string; ttl: number } {
    const aliases = new Map(answers.filter((one) => one.type === typeNumbers.CNAME).map((one) => [one.name, one]));
    let name = asked;
    let ttl = Number.POSITIVE_INFINITY;
    for (let hop = 0; hop < maxHops; hop++) {
      const alias = aliases.get(name);
      if (alias === undefined) break;
      name = this.#nameAt(alias.start);
      ttl = Math.min(ttl, alias.ttl);
    }
    return { name, ttl };
  }

  /** RFC 2308, 5. */
  #negativeTtl(authority: readonly Resource[], ttl: number): number | undefined {
    const soa = authority.find((one) => one.type === soaType);
    if (soa === undefined || soa.end - soa.start < 22) return undefined;
    return Math.min(ttl, soa.ttl, this.#message.readUInt32BE(soa.end - 4));
  }

  #resources(count: number): Resource[] {
    const list: Resource[] = [];
    for (let left = count; left > 0; left--) {
      const name = this.#name();
      const type = this.#word();
      this.#at += 2;
      const ttl = this.#message.readUInt32BE(this.#at);
      this.#at += 4;
      const length = this.#word();
      const start = this.#at;
      this.#at += length;
      if (this.#at > this.#message.length) throw new RangeError('a record ends behind the message');
      // RFC 2181, 8: with the highest bit set it counts as 0.
      list.push({ name, type, ttl: ttl > 0x7fffffff ? 0 : ttl, start, end: this.#at });
    }
    return list;
  }

  #record({ start, end }: Resource, type: DnsType): DnsRecords[DnsType] | undefined {
    const message = this.#message;
    switch (type) {
      case 'A':
        return end - start === 4 ? message.subarray(start, end).join('.') : undefined;
      case 'AAAA':
        if (end - start !== 16) return undefined;
        return formatIp6(Array.from({ length: 8 }, (_, word) => message.readUInt16BE(start + 2 * word)));
      case 'TXT':
        return this.#text(start, end);
      case 'MX':
        return { priority: message.readUInt16BE(start), exchange: this.#nameAt(start + 2) };
      case 'SRV':
        return {
          priority: message.readUInt16BE(start),
          weight: message.readUInt16BE(start + 2),
          port: message.readUInt16BE(start + 4),
          target: this.#nameAt(start + 6),
        };
      default:
        return this.#nameAt(start);
    }
  }

  #text(start: number, end: number): string {
    let text = '';
    for (let at = start; at < end; ) {
      const length = this.#message[at] as number;
      text += this.#message.toString('latin1', at + 1, Math.min(end, at + 1 + length));
      at += 1 + length;
    }
    return text;
  }

  #word(): number {
    const value = this.#message.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  #name(): string {
    const { name, end } = this.#readName(this.#at);
    this.#at = end;
    return name;
  }

  #nameAt(offset: number): string {
    return this.#readName(offset).name;
  }

  /** In lower case. A pointer has to point backwards, so that none can go round in circles. */
  #readName(offset: number): { readonly name: string; readonly end: number } {
    const message = this.#message;
    const labels: string[] = [];
    let length = 0;
    let at = offset;
    let end = -1;
    let barrier = offset;
    for (;;) {
      const byte = message.readUInt8(at);
      if (byte === 0) return { name: lowerAscii(labels.join('.')), end: end < 0 ? at + 1 : end };
      if (byte >= 0xc0) {
        if (end < 0) end = at + 2;
        at = message.readUInt16BE(at) & 0x3fff;
        if (at >= barrier) throw new RangeError('a name points forwards');
        barrier = at;
        continue;
      }
      if (byte > maxLabel) throw new RangeError('a label of an unknown kind');
      if (at + 1 + byte > message.length) throw new RangeError('a label ends behind the message');
      length += byte + 1;
      if (length > maxName + 1) throw new RangeError('a name is too long');
      labels.push(message.toString('latin1', at + 1, at + 1 + byte));
      at += 1 + byte;
    }
  }
}
