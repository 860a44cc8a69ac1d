import { ZstdError } from './errors.ts';

/**
 * What the headers of frames and blocks say, read before a decoder sees a byte (RFC 8878, section 3.1): that the data is
 * whole, how large the result can be at most, and what memory a decoder would need. Decoders differ in what they let
 * pass: that of node:zlib takes a cut input for a complete one.
 */
export interface Plan {
  readonly frames: readonly Frame[];
  /** Bytes of the result, where every frame tells its content size. */
  readonly size: number | undefined;
  /** Offsets at which to cut the input so that no piece gives more than about `pieceBytes` of output. */
  readonly cuts: readonly number[];
}

export interface Frame {
  readonly start: number;
  readonly end: number;
  /** The content size it announces. */
  readonly size: number | undefined;
  /** What its blocks can give at most. */
  readonly most: number;
}

/** What RFC 8878, section 3.1.1.1.2 asks a decoder to take at least; every level up to 19 stays within. */
export const windowLog = 23;
const maxWindow = 2 ** windowLog;
const maxBlock = 131_072;
const pieceBytes = 1_048_576;

/** A frame costs a decoder some microseconds, however short; programs make one, or a handful. */
const maxFrames = 1024;
const maxBlocks = 65_536;

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

interface FrameHeader {
  readonly window: number;
  readonly content: number | undefined;
  readonly checksum: boolean;
  /** Offset of the first block. */
  readonly end: number;
}

/** @throws ZstdError */
export function planFrames(data: Buffer, maxBytes: number): Plan {
  if (data.length === 0) throw new ZstdError('not-zstd', 'it is empty');
  const planner = new Planner(data, maxBytes);
  for (let at = 0; at < data.length; ) at = planner.frame(at);
  const { frames, cuts } = planner;
  const announced = frames.every(({ size }) => size !== undefined);
  return { frames, cuts, size: announced ? planner.announced : undefined };
}

class Planner {
  readonly frames: Frame[] = [];
  readonly cuts: number[] = [];
  /** Sum of the content sizes that were announced. */
  announced = 0;
  readonly #data: Buffer;
  readonly #maxBytes: number;
  #magics = 0;
  #blocks = 0;
  /** Output since the last cut, at most. */
  #piece = 0;
  /** Output of raw and RLE blocks, whose size is known. */
  #certain = 0;

  constructor(data: Buffer, maxBytes: number) {
    this.#data = data;
    this.#maxBytes = maxBytes;
  }

  /** Reads the frame at `at` and returns where it ends. */
  frame(at: number): number {
    if (++this.#magics > maxFrames) throw new ZstdError('too-many-parts');
    const magic = this.#need(at, 4).readUInt32LE(at);
    if ((magic & ~15) >>> 0 === skippableMagic) {
      const end = at + 8 + this.#need(at, 8).readUInt32LE(at + 4);
      this.#need(at, end - at);
      return end;
    }
    if (magic !== frameMagic) throw new ZstdError(at === 0 ? 'not-zstd' : 'corrupt', `at byte ${at}`);
    const header = this.#header(at + 4);
    const { end, most } = this.#frameBlocks(header);
    const size = header.content;
    if (size !== undefined && size > most) throw new ZstdError('corrupt', 'its blocks cannot hold what it announces');
    this.frames.push({ start: at, end, size, most });
    return end;
  }

  #header(at: number): FrameHeader {
    const data = this.#need(at, 1);
    const descriptor = data[at] as number;
    const single = (descriptor & 32) !== 0;
    if ((descriptor & 8) !== 0) throw new ZstdError('corrupt', 'a reserved bit is set');
    const idBytes = [0, 1, 2, 4][descriptor & 3] as number;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
    const idAt = at + (single ? 1 : 2);
    const sizeAt = idAt + idBytes;
    this.#need(at, sizeAt + sizeBytes - at);
    const id = idBytes === 0 ? 0 : data.readUIntLE(idAt, idBytes);
    if (id !== 0) throw new ZstdError('dictionary', `id ${id}`);
    const content = sizeBytes === 0 ? undefined : this.#contentSize(sizeAt, sizeBytes);
    const window = single ? (content as number) : windowSize(data[at + 1] as number);
    if (window > maxWindow) throw new ZstdError('window', `${window} bytes`);
    return { window, content, checksum: (descriptor & 4) !== 0, end: sizeAt + sizeBytes };
  }

  #contentSize(at: number, bytes: number): number {
    const data = this.#data;
    const size = bytes === 8 ? Number(data.readBigUInt64LE(at)) : data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
    this.announced += size;
    if (this.announced > this.#maxBytes) throw new ZstdError('too-large', `${this.announced} bytes`);
    return size;
  }

  #frameBlocks({ window, checksum, end: start }: FrameHeader): { end: number; most: number } {
    const blockMax = Math.min(window, maxBlock);
    let most = 0;
    let at = start;
    for (let last = false; !last; ) {
      const header = this.#need(at, 3).readUIntLE(at, 3);
      last = (header & 1) === 1;
      const type = (header >> 1) & 3;
      const size = header >> 3;
      if (type === 3 || size > blockMax) throw new ZstdError('corrupt', `bad block at byte ${at}`);
      at += 3 + (type === 1 ? 1 : size);
      this.#need(start, at - start);
      most += this.#block(at, type === 2 ? blockMax : size, type !== 2);
    }
    const end = at + (checksum ? 4 : 0);
    this.#need(at, end - at);
    return { end, most };
  }

  /** Counts a block that gives up to `output` bytes and ends at `end`. */
  #block(end: number, output: number, certain: boolean): number {
    if (++this.#blocks > maxBlocks) throw new ZstdError('too-many-parts');
    if (certain) this.#certain += output;
    if (this.#certain > this.#maxBytes) throw new ZstdError('too-large');
    this.#piece += output;
    if (this.#piece >= pieceBytes) {
      this.cuts.push(end);
      this.#piece = 0;
    }
    return output;
  }

  /** The data, of which `count` bytes are there at `at`. */
  #need(at: number, count: number): Buffer {
    if (at + count > this.#data.length) throw new ZstdError('truncated');
    return this.#data;
  }
}

/** RFC 8878, section 3.1.1.1.2. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
