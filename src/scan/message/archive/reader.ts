import { MalformedArchive } from './archive.ts';

/** Reads numbers off bytes, little endian, and never past their end. */
export class ByteReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** @throws MalformedArchive where there are not so many bytes left */
  skip(count: number): void {
    if (!(count >= 0 && count <= this.left)) throw new MalformedArchive('truncated');
    this.at += count;
  }

  take(count: number): Buffer {
    const from = this.at;
    this.skip(count);
    return this.bytes.subarray(from, this.at);
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u16(): number {
    return this.take(2).readUInt16LE();
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  /** Of 64 bits; numbers above 2^53 lose their last bits. */
  u64(): number {
    const low = this.u32();
    return low + this.u32() * 2 ** 32;
  }
}
