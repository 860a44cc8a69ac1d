import zlib from 'node:zlib';
import { type Engine, level } from './engine.ts';
import { ZstdError } from './errors.ts';
import { type Frame, windowLog } from './frames.ts';

/** What node:zlib has since 22.15; the type package is that of Node 20. */
interface ZstdFunctions {
  readonly zstdCompressSync: (data: Buffer, options: object) => Buffer;
  readonly zstdDecompressSync: (data: Buffer, options: object) => Buffer;
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_d_windowLogMax: number };
}

const chunkBytes = { least: 1024, most: 1_048_576 };

/** node:zlib's own zstd; undefined where this Node has none. */
export function nativeEngine(module: object = zlib): Engine | undefined {
  if (!('zstdCompressSync' in module && 'zstdDecompressSync' in module)) return undefined;
  const { zstdCompressSync, zstdDecompressSync, constants } = module as ZstdFunctions;

  const decompressFrame = (frame: Buffer, { size, most }: Frame, left: number): Buffer => {
    try {
      return zstdDecompressSync(frame, {
        params: { [constants.ZSTD_d_windowLogMax]: windowLog },
        maxOutputLength: Math.max(1, size ?? left),
        chunkSize: chunkSize(size ?? most),
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new ZstdError(code === 'ERR_BUFFER_TOO_LARGE' && size === undefined ? 'too-large' : 'corrupt', message);
    }
  };

  return {
    name: 'node',
    compress: (data) =>
      zstdCompressSync(data, {
        params: { [constants.ZSTD_c_compressionLevel]: level },
        pledgedSrcSize: data.length,
        chunkSize: chunkSize(data.length),
      }),
    // Given several frames, node:zlib stops after the first one whose result leaves room in its piece of memory.
    decompress: (data, { frames }, maxBytes) => {
      let left = maxBytes;
      const results = frames.map((frame) => {
        const result = decompressFrame(data.subarray(frame.start, frame.end), frame, left);
        if (result.length > left) throw new ZstdError('too-large');
        if (frame.size !== undefined && frame.size !== result.length) throw new ZstdError('corrupt');
        left -= result.length;
        return result;
      });
      const [first] = results;
      return results.length === 1 && first !== undefined ? first : Buffer.concat(results);
    },
  };
}

/** Memory is taken in pieces of that size: one piece for what has a known, usual size. */
function chunkSize(expected: number): number {
  return Math.min(chunkBytes.most, Math.max(chunkBytes.least, expected));
}
