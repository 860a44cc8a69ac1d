import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export type Answer = (query: Buffer, reply: (datagram: Buffer) => void) => void;

/** A storage that says what the test wants. */
export async function startStorage(t: TestContext, answer: Answer, port = 0): Promise<number> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.on('message', (query: Buffer, { address, port: from }: RemoteInfo) =>
    answer(query, (datagram) => socket.send(datagram, from, address)),
  );
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

export interface ReplyOf {
  readonly value: number;
  readonly flag: number;
  readonly probability: number;
  readonly tag?: number;
  readonly more?: ReadonlyArray<readonly [value: number, flag: number]>;
}

/** A reply to an unencrypted query; with `more` in the form that has several flags. */
export function replyTo(query: Buffer, { value, flag, probability, tag, more }: ReplyOf): Buffer {
  const bytes = Buffer.alloc(more === undefined ? 96 : 144);
  bytes.writeInt32LE(value, 0);
  bytes.writeUInt32LE(flag, 4);
  bytes.writeUInt32LE(tag ?? query.readUInt32LE(8), 8);
  bytes.writeFloatLE(probability, 12);
  query.copy(bytes, 16, 12, 76);
  if (more === undefined) return bytes;
  bytes[84] = more.length;
  for (const [at, [count, of]] of more.entries()) {
    bytes.writeInt32LE(count, 88 + 8 * at);
    bytes.writeUInt32LE(of, 92 + 8 * at);
  }
  return bytes;
}
