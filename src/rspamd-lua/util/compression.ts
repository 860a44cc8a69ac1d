import { constants, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { type LuaResult, type LuaValue, runtimeError, toNumber, two } from '../../lua/index.ts';
import { ZstdError } from '../../wire/zstd/index.ts';
import { decompressionLimit, loadedZstd } from '../compress/limits.ts';
import type { Functions } from '../modules.ts';
import { newText } from '../text/class.ts';
import { checkBytes } from '../text/text.ts';
import type { World } from '../world.ts';

/** Functions of `rspamd_util` that compress (rspamd: src/lua/lua_compress.c). */
export function compressionFunctions(world: World): Functions {
  return {
    zstd_compress: (...args) => {
      const data = Buffer.from(checkBytes(args, 1), 'latin1');
      return newText(world, loadedZstd(world, 'zstd_compress').compress(data).toString('latin1'));
    },
    zstd_decompress: (...args) => {
      const data = Buffer.from(checkBytes(args, 1), 'latin1');
      const engine = loadedZstd(world, 'zstd_decompress');
      try {
        return two(undefined, newText(world, engine.decompress(data, decompressionLimit).toString('latin1')));
      } catch (error) {
        if (error instanceof ZstdError) return two(error.message, undefined);
        throw error;
      }
    },
    gzip_compress: (...args) => {
      const data = Buffer.from(checkBytes(args, 1), 'latin1');
      const level = args[1] === undefined ? constants.Z_DEFAULT_COMPRESSION : Math.trunc(toNumber(args[1]) ?? 0);
      if (args[1] !== undefined && (level < 1 || level > 9)) {
        throw runtimeError('invalid arguments: compression level must be between 1 and 9');
      }
      return newText(world, gzipSync(data, { level }).toString('latin1'));
    },
    gzip_decompress: (...args) =>
      decompress(world, args, (data, maxOutputLength) => gunzipSync(data, { maxOutputLength })),
    inflate: (...args) =>
      decompress(world, args, (data, maxOutputLength) =>
        // a stream without the header of zlib's has other bits there
        ((data[0] ?? 8) & 15) === 8
          ? inflateSync(data, { maxOutputLength })
          : inflateRawSync(data, { maxOutputLength }),
      ),
  };
}

function decompress(world: World, args: readonly LuaValue[], run: (data: Buffer, most: number) => Buffer): LuaResult {
  const data = Buffer.from(checkBytes(args, 1), 'latin1');
  const limit = typeof args[1] === 'number' ? Math.trunc(args[1]) : decompressionLimit;
  if (limit <= 0) throw runtimeError('invalid arguments (size_limit)');
  try {
    return newText(world, run(data, Math.min(limit, decompressionLimit)).toString('latin1'));
  } catch (error) {
    const { message } = error as Error;
    world.logger.log('error', '', 'lua_compress_zlib_decompress', '', `cannot decompress data: ${message}`);
    return undefined;
  }
}
