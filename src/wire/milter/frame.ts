import { ProtocolError } from '../../message/errors.ts';
import { wireLimits } from './constants.ts';

/** One packet. `payload` is a view of bytes that nobody changes any more; it may be kept. */
export interface Frame {
  readonly command: number;
  readonly payload: Buffer;
}

const lengthBytes = 4;
const nothing = Buffer.alloc(0);

/**
 * Cuts a byte stream into packets. Chunks are pushed, frames are pulled; a frame that lies whole in one chunk is a view
 * of that chunk, a frame that arrived in pieces is copied once. Lengths are checked before a byte is waited for.
 */
export class FrameDecoder {
  readonly #maxSize: number;
  /** Bytes that belong to no frame yet stand at `#at` to `#end` of `#chunk`. */
  #chunk: Buffer = nothing;
  #at = 0;
  #end = 0;
  #owned = false;
  /** The first `#filled` bytes, length prefix included, of a frame that began in an earlier chunk. */
  #part: Buffer = nothing;
  #filled = 0;
  #next: Frame | undefined;

  /** @param maxPayload the largest payload that is accepted, in bytes */
  constructor(maxPayload: number = wireLimits.payloadBytes) {
    this.#maxSize = maxPayload + 1;
  }

  push(chunk: Buffer): void {
    if (this.#at < this.#end) {
      this.#append(chunk);
      return;
    }
    this.#chunk = chunk;
    this.#at = 0;
    this.#end = chunk.length;
    this.#owned = false;
  }

  /** The next whole frame, undefined while there is none; throws ProtocolError for a length out of bounds. */
  pull(): Frame | undefined {
    const frame = this.#next ?? this.#decode();
    this.#next = undefined;
    return frame;
  }

  /** Like `pull`, but the frame stays in front. */
  peek(): Frame | undefined {
    this.#next ??= this.#decode();
    return this.#next;
  }

  /** Bytes received that no pulled frame has consumed. */
  get buffered(): number {
    const next = this.#next === undefined ? 0 : lengthBytes + 1 + this.#next.payload.length;
    return next + this.#filled + this.#end - this.#at;
  }

  #decode(): Frame | undefined {
    if (this.#filled === 0 && this.#end - this.#at >= lengthBytes) {
      const size = this.#checked(this.#chunk.readUInt32BE(this.#at));
      const start = this.#at + lengthBytes;
      if (start + size <= this.#end) {
        this.#at = start + size;
        return frameOf(this.#chunk, start, size);
      }
    }
    return this.#assemble();
  }

  #assemble(): Frame | undefined {
    if (!this.#gather(lengthBytes)) return undefined;
    const size = this.#checked(this.#part.readUInt32BE(0));
    if (!this.#gather(lengthBytes + size)) return undefined;
    const whole = this.#part;
    this.#part = nothing;
    this.#filled = 0;
    return frameOf(whole, lengthBytes, size);
  }

  /** Moves bytes of the chunk to the partial frame until that has `wanted` bytes; says whether it has them now. */
  #gather(wanted: number): boolean {
    const filled = this.#filled;
    const take = Math.min(wanted - filled, this.#end - this.#at);
    if (take > 0) {
      if (this.#part.length < filled + take) {
        // Doubled, and never more than asked for: a length alone buys no memory.
        const bigger = Buffer.allocUnsafe(Math.min(wanted, Math.max(2 * (filled + take), 64)));
        this.#part.copy(bigger, 0, 0, filled);
        this.#part = bigger;
      }
      this.#chunk.copy(this.#part, filled, this.#at, this.#at + take);
      this.#at += take;
      this.#filled = filled + take;
    }
    return this.#filled >= wanted;
  }

  #checked(size: number): number {
    if (size === 0) throw new ProtocolError('Command length is too short');
    if (size > this.#maxSize) throw new ProtocolError(`Command length is too big: ${size}`);
    return size;
  }

  /** Only while whole frames wait to be pulled. Views of earlier frames stay good: bytes are added behind, never moved. */
  #append(chunk: Buffer): void {
    const rest = this.#end - this.#at;
    if (!this.#owned || this.#chunk.length - this.#end < chunk.length) {
      const bigger = Buffer.allocUnsafe(2 * (rest + chunk.length));
      this.#chunk.copy(bigger, 0, this.#at, this.#end);
      this.#chunk = bigger;
      this.#at = 0;
      this.#end = rest;
      this.#owned = true;
    }
    chunk.copy(this.#chunk, this.#end);
    this.#end += chunk.length;
  }
}

function frameOf(bytes: Buffer, start: number, size: number): Frame {
  return { command: bytes[start] as number, payload: bytes.subarray(start + 1, start + size) };
}
