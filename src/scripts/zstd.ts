import { sharedZstd, type Zstd } from '../wire/zstd/index.ts';
import type { Script } from './script.ts';

/** zstd, where a script names it: loading it takes some 30 ms and 10 MB, and it has to be there before they run. */
export async function zstdFor(scripts: readonly Script[]): Promise<Zstd | undefined> {
  return scripts.some(({ text }) => text.includes('zstd')) ? sharedZstd() : undefined;
}
