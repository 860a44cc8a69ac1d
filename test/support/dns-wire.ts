/** The part of RFC 1035 and its successors that a nameserver for tests needs. */

const types = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;
const optType = 41;
const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

export type RecordType = keyof typeof types;

export interface Query {
  readonly id: number;
  readonly flags: number;
  readonly name: string;
  /** Undefined: a type that we do not know. */
  readonly type: RecordType | undefined;
  /** What the client can take over UDP (RFC 6891), 0 if it does not say. */
  readonly udpSize: number;
  /** The question section as it came: it goes back unchanged. */
  readonly question: Buffer;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly data: RecordData;
}

export type RecordData =
  | string
  | { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly priority: number; readonly exchange: string };

export interface DnsReply {
  readonly rcode: keyof typeof rcodes;
  readonly answers: readonly DnsRecord[];
}

/** Undefined for what is no query with exactly one question. */
export function decodeQuery(message: Buffer): Query | undefined {
  if (message.length < 17 || message.readUInt16BE(4) !== 1) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (at + 5 > message.length) return undefined;
  const number = message.readUInt16BE(at + 1);
  const type = (Object.keys(types) as RecordType[]).find((name) => types[name] === number);
  const question = message.subarray(12, at + 5);
  // An OPT record has the root as its name, and the size where others have the class.
  const hasOpt = message.readUInt16BE(10) > 0 && message.length >= at + 16 && message.readUInt16BE(at + 6) === optType;
  const udpSize = hasOpt ? message.readUInt16BE(at + 8) : 0;
  return { id: message.readUInt16BE(0), flags, name: labels.join('.'), type, udpSize, question };
}

export function encodeReply(query: Query, reply: DnsReply, truncated: boolean): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.id, 0);
  // QR, AA, TC, RD as asked, RA.
  const flags = 0x8000 | 0x0400 | (truncated ? 0x0200 : 0) | (query.flags & 0x0100) | 0x0080 | rcodes[reply.rcode];
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(reply.answers.length, 6);
  header.writeUInt16BE(query.udpSize > 0 ? 1 : 0, 10);
  const opt = query.udpSize > 0 ? [Buffer.from([0, 0, optType, 0x10, 0, 0, 0, 0, 0, 0, 0])] : [];
  return Buffer.concat([header, query.question, ...reply.answers.map(encodeRecord), ...opt]);
}

function encodeRecord({ name, type, ttl, data }: DnsRecord): Buffer {
  const content = encodeData(type, data);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(types[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(content.length, 8);
  return Buffer.concat([encodeName(name), fixed, content]);
}

function encodeData(type: RecordType, data: RecordData): Buffer {
  if (typeof data !== 'string') {
    if ('target' in data) return Buffer.concat([words(data.priority, data.weight, data.port), encodeName(data.target)]);
    return Buffer.concat([words(data.priority), encodeName(data.exchange)]);
  }
  if (type === 'A') return Buffer.from(data.split('.').map(Number));
  if (type === 'AAAA') return encodeIPv6(data);
  return type === 'TXT' ? encodeText(data) : encodeName(data);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, 2 * at);
  return bytes;
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => withLength(Buffer.from(label, 'latin1'))), Buffer.alloc(1)]);
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const pieces = [withLength(bytes.subarray(0, 255))];
  for (let at = 255; at < bytes.length; at += 255) pieces.push(withLength(bytes.subarray(at, at + 255)));
  return Buffer.concat(pieces);
}

function withLength(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function encodeIPv6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((one) => Number.parseInt(one, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  return words(...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back);
}
