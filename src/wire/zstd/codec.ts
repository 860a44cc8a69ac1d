import { createRequire } from 'node:module';
import { type Engine, level } from './engine.ts';
import { ZstdError } from './errors.ts';

/** The classes of zstd-codec's WebAssembly module, below the package's own API, which has no bound on its output. */
interface Binding {
  readonly VectorU8: new () => Vector;
  readonly ZstdCodec: new () => Codec;
  readonly ZstdCompressStreamBinding: new () => Stream & { begin(level: number): boolean };
  readonly ZstdDecompressStreamBinding: new () => Stream & { begin(): boolean };
  cloneToVector(target: Vector, data: Uint8Array): void;
  cloneAsTypedArray(vector: Vector): Uint8Array;
}

interface Vector {
  resize(size: number, fill: number): void;
  delete(): void;
}

interface Codec {
  compressBound(size: number): number;
  /** Bytes written, negative on failure. */
  compress(target: Vector, source: Vector, level: number): number;
}

interface Stream {
  transform(piece: Uint8Array, output: (bytes: Uint8Array) => void): boolean;
  end(output: (bytes: Uint8Array) => void): boolean;
  delete(): void;
}

/** The module's memory is 16 MiB and cannot grow: source and result of one call must fit beside its tables. */
const oneShotBytes = 2_097_152;
const pieceBytes = 65_536;

/** zstd-codec (WebAssembly): its memory never grows, and nothing larger than what planFrames lets pass is asked of it. */
export async function codecEngine(): Promise<Engine> {
  const { run } = createRequire(import.meta.url)('zstd-codec/lib/module.js') as {
    run(ready: (binding: Binding) => void): void;
  };
  // The module has a `then` of its own, which a promise must not call: hence the wrapping.
  const { binding } = await new Promise<{ binding: Binding }>((resolve) => run((binding) => resolve({ binding })));
  const codec = new binding.ZstdCodec();
  return {
    name: 'zstd-codec',
    compress: (data) =>
      data.length <= oneShotBytes ? compressAtOnce(binding, codec, data) : compressLong(binding, data),
    decompress: (data, plan, maxBytes) => decompress(binding, data, plan.cuts, plan.size, maxBytes),
  };
}

/** A plain view: the module makes another of the same class, and must not make a Buffer. */
function view(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function compressAtOnce(binding: Binding, codec: Codec, data: Buffer): Buffer {
  const [source, target] = [new binding.VectorU8(), new binding.VectorU8()];
  try {
    binding.cloneToVector(source, view(data));
    target.resize(codec.compressBound(data.length), 0);
    const size = codec.compress(target, source, level);
    if (size < 0) throw new Error('zstd-codec cannot compress');
    target.resize(size, 0);
    return asBuffer(binding.cloneAsTypedArray(target));
  } finally {
    source.delete();
    target.delete();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Piece by piece. The stream does not know its length when it writes the frame header, so that is put in afterwards. */
function compressLong(binding: Binding, data: Buffer): Buffer {
  const stream = new binding.ZstdCompressStreamBinding();
  try {
    const parts: Uint8Array[] = [];
    const output = (bytes: Uint8Array) => void parts.push(bytes);
    let done = stream.begin(level);
    for (let at = 0; done && at < data.length; at += pieceBytes) {
      done = stream.transform(view(data.subarray(at, at + pieceBytes)), output);
    }
    if (!done || !stream.end(output)) throw new Error('zstd-codec cannot compress');
    return withContentSize(Buffer.concat(parts), data.length);
  } finally {
    stream.delete();
  }
}

/** Magic, descriptor, window, then the content size in four bytes, as the descriptor now says (RFC 8878, section 3.1.1.1). */
function withContentSize(frame: Buffer, size: number): Buffer {
  const header = Buffer.alloc(10);
  frame.copy(header, 0, 0, 6);
  header[4] = (header[4] as number) | 0x80;
  header.writeUInt32LE(size, 6);
  return Buffer.concat([header, frame.subarray(6)]);
}

function decompress(
  binding: Binding,
  data: Buffer,
  cuts: readonly number[],
  size: number | undefined,
  maxBytes: number,
): Buffer {
  const result = new Output(size, maxBytes);
  const output = (bytes: Uint8Array) => result.add(bytes);
  const stream = new binding.ZstdDecompressStreamBinding();
  try {
    let good = stream.begin();
    for (let at = 0, next = 0; good && !result.full && at < data.length; ) {
      while ((cuts[next] ?? data.length) <= at) next++;
      const end = Math.min(at + pieceBytes, cuts[next] ?? data.length);
      good = stream.transform(view(data.subarray(at, end)), output);
      at = end;
    }
    good &&= result.full || stream.end(output);
    if (result.full && size === undefined) throw new ZstdError('too-large');
    if (!good || result.full) throw new ZstdError('corrupt');
    return result.take();
  } finally {
    stream.delete();
  }
}

/** What came out so far; what is beyond the bound is dropped, so that the module's code is never left by a throw. */
class Output {
  full = false;
  readonly #parts: Uint8Array[] = [];
  readonly #expected: number | undefined;
  readonly #most: number;
  #length = 0;

  constructor(expected: number | undefined, maxBytes: number) {
    this.#expected = expected;
    this.#most = expected ?? maxBytes;
  }

  add(bytes: Uint8Array): void {
    if (this.full) return;
    this.#length += bytes.length;
    this.full = this.#length > this.#most;
    if (!this.full) this.#parts.push(bytes);
  }

  /** @throws ZstdError `corrupt` where the frames announced more */
  take(): Buffer {
    if (this.#expected !== undefined && this.#expected !== this.#length) throw new ZstdError('corrupt');
    const [first] = this.#parts;
    return this.#parts.length === 1 && first !== undefined ? asBuffer(first) : Buffer.concat(this.#parts);
  }
}
