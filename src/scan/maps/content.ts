import { sharedZstd, type Zstd } from '../../wire/zstd/index.ts';

/** Bytes of a map, packed or not; a larger one is not taken. */
export const maxBytes = 64 * 1024 * 1024;

let zstd: Zstd | undefined;

/** Loads what packed maps need; to be called when one of them is named. */
export async function prepareZstd(): Promise<void> {
  zstd = await sharedZstd();
}

export function canUnpack(): boolean {
  return zstd !== undefined;
}

/** zstd's magic number. */
const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export function isPacked(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).equals(magic);
}

/**
 * What a map holds, a byte string.
 * @throws Error for what is packed and cannot be unpacked within bounds
 */
export function textOf(bytes: Buffer): string {
  if (!isPacked(bytes)) return bytes.toString('latin1');
  if (zstd === undefined) throw new Error('the decompressor is not there yet');
  return zstd.decompress(bytes, maxBytes).toString('latin1');
}
