/** Frames put together by hand: what no compressor makes (RFC 8878, section 3.1.1). */
export interface FrameParts {
  /** Frame_Content_Size in eight bytes; none where undefined. */
  readonly size?: bigint;
  /** Window_Descriptor; 0x68 is 8 MiB. */
  readonly window?: number;
  /** Dictionary_ID in four bytes. */
  readonly dictionary?: number;
  /** More bits of the Frame_Header_Descriptor. */
  readonly bits?: number;
  readonly blocks: readonly Buffer[];
}

export function frame({ size, window = 0x68, dictionary, bits = 0, blocks }: FrameParts): Buffer {
  const descriptor = (size === undefined ? 0 : 0xc0) | (dictionary === undefined ? 0 : 3) | bits;
  const id = Buffer.alloc(dictionary === undefined ? 0 : 4);
  if (dictionary !== undefined) id.writeUInt32LE(dictionary);
  const content = Buffer.alloc(size === undefined ? 0 : 8);
  if (size !== undefined) content.writeBigUInt64LE(size);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, window]), id, content, ...blocks]);
}

function block(type: number, size: number, last: boolean, content: Buffer): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
}

export const raw = (content: Buffer, last = false): Buffer => block(0, content.length, last, content);

/** `size` times the letter a. */
export const rle = (size: number, last = false): Buffer => block(1, size, last, Buffer.from('a'));

/** The same, as a compressed block of literals without sequences, so that its header does not tell the size. */
export function hidden(size: number, last = false): Buffer {
  const content = Buffer.alloc(5);
  content.writeUIntLE((size << 4) | (3 << 2) | 1, 0, 3);
  content.write('a', 3);
  return block(2, content.length, last, content);
}

export const skippable = (length: number): Buffer => {
  const bytes = Buffer.alloc(8 + length);
  bytes.writeUInt32LE(0x184d2a53);
  bytes.writeUInt32LE(length, 4);
  return bytes;
};

/** The same block `count` times; the last one says that it is. */
export function times(count: number, make: (last: boolean) => Buffer): Buffer[] {
  return Array.from({ length: count }, (_, index) => make(index === count - 1));
}
