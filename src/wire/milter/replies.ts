import { replyByte, wireLimits } from './constants.ts';

/** Changes to a message: legal between the end of a message and its verdict. Strings are byte strings without NUL. */
export type Edit = Readonly<
  | { is: 'add-header'; name: string; value: string }
  | { is: 'insert-header'; index: number; name: string; value: string }
  /** `index` counts the headers of that name from 1; an empty value deletes. */
  | { is: 'change-header'; index: number; name: string; value: string }
  | { is: 'change-sender'; address: string }
  | { is: 'add-recipient'; address: string }
  | { is: 'delete-recipient'; address: string }
  | { is: 'replace-body'; body: Buffer }
  | { is: 'quarantine'; reason: string }
>;

/** What ends a message: exactly one of these answers an end of message. */
export type Verdict = Readonly<
  | { is: 'accept' }
  | { is: 'discard' }
  | { is: 'tempfail' }
  /** `ddd x.y.z text`, lines of a longer text separated by CRLF and written `ddd-x.y.z text`. */
  | { is: 'reply'; text: string }
>;

export type Reply =
  | Edit
  | Verdict
  | Readonly<{ is: 'continue' }>
  | Readonly<{ is: 'progress' }>
  | Readonly<{ is: 'negotiate'; version: number; actions: number; protocol: number }>;

const headBytes = 5;

/**
 * The packets of `replies` in order, ready to be written at once: a single buffer, unless a body is replaced, whose
 * bytes are views of the body.
 */
export function encodeReplies(replies: readonly Reply[]): Buffer[] {
  let size = 0;
  for (const reply of replies) size += ownBytes(reply);
  const packets = new PacketWriter(Buffer.allocUnsafe(size));
  for (const reply of replies) write(packets, reply);
  return packets.done();
}

/** Bytes of a reply that are not views of a body. */
function ownBytes(reply: Reply): number {
  switch (reply.is) {
    case 'add-header':
      return headBytes + reply.name.length + reply.value.length + 2;
    case 'insert-header':
    case 'change-header':
      return headBytes + 4 + reply.name.length + reply.value.length + 2;
    case 'change-sender':
    case 'add-recipient':
    case 'delete-recipient':
      return headBytes + reply.address.length + 1;
    case 'replace-body':
      return headBytes * Math.ceil(reply.body.length / wireLimits.bodyPacketBytes);
    case 'quarantine':
      return headBytes + reply.reason.length + 1;
    case 'reply':
      return headBytes + reply.text.length + 1;
    case 'negotiate':
      return headBytes + 12;
    default:
      return headBytes;
  }
}

function write(packets: PacketWriter, reply: Reply): PacketWriter {
  switch (reply.is) {
    case 'add-header':
      return packets
        .head(replyByte.addHeader, reply.name.length + reply.value.length + 2)
        .string(reply.name, reply.value);
    case 'insert-header':
      return indexedHeader(packets, replyByte.insertHeader, reply);
    case 'change-header':
      return indexedHeader(packets, replyByte.changeHeader, reply);
    case 'change-sender':
      return packets.head(replyByte.changeSender, reply.address.length + 1).string(reply.address);
    case 'add-recipient':
      return packets.head(replyByte.addRecipient, reply.address.length + 1).string(reply.address);
    case 'delete-recipient':
      return packets.head(replyByte.deleteRecipient, reply.address.length + 1).string(reply.address);
    case 'replace-body':
      return bodyPackets(packets, reply.body);
    case 'quarantine':
      return packets.head(replyByte.quarantine, reply.reason.length + 1).string(reply.reason);
    case 'reply':
      return packets.head(replyByte.replyCode, reply.text.length + 1).string(reply.text);
    case 'negotiate':
      return packets.head(replyByte.negotiate, 12).uint32(reply.version).uint32(reply.actions).uint32(reply.protocol);
    default:
      return packets.head(replyByte[reply.is], 0);
  }
}

function indexedHeader(
  packets: PacketWriter,
  command: number,
  header: { readonly index: number; readonly name: string; readonly value: string },
): PacketWriter {
  return packets
    .head(command, 4 + header.name.length + header.value.length + 2)
    .uint32(header.index)
    .string(header.name, header.value);
}

function bodyPackets(packets: PacketWriter, body: Buffer): PacketWriter {
  const step = wireLimits.bodyPacketBytes;
  for (let at = 0; at < body.length; at += step) {
    const part = body.subarray(at, at + step);
    packets.head(replyByte.replaceBody, part.length).view(part);
  }
  return packets;
}

/** Fills one buffer of known size; views are put between its pieces without a copy. */
class PacketWriter {
  readonly #buffer: Buffer;
  readonly #pieces: Buffer[] = [];
  #start = 0;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  head(command: number, payload: number): this {
    this.uint32(payload + 1);
    this.#buffer[this.#at++] = command;
    return this;
  }

  uint32(value: number): this {
    this.#at = this.#buffer.writeUInt32BE(value, this.#at);
    return this;
  }

  string(...values: readonly string[]): this {
    for (const value of values) {
      this.#at += this.#buffer.write(value, this.#at, 'latin1');
      this.#buffer[this.#at++] = 0;
    }
    return this;
  }

  view(bytes: Buffer): void {
    this.#flush();
    this.#pieces.push(bytes);
  }

  done(): Buffer[] {
    this.#flush();
    return this.#pieces;
  }

  #flush(): void {
    if (this.#at > this.#start) this.#pieces.push(this.#buffer.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}
