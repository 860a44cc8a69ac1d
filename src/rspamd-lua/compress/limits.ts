import { runtimeError } from '../../lua/index.ts';
import type { Zstd } from '../../wire/zstd/index.ts';
import type { World } from '../world.ts';

/** Bytes that may come out of a decompression. */
export const decompressionLimit = 1 << 28;

/** @throws the error of the function that needs it, where the program has not loaded it */
export function loadedZstd({ zstd }: World, fn: string): Zstd {
  if (zstd === undefined) throw runtimeError(`${fn}: zstd has not been loaded in this program`);
  return zstd;
}
