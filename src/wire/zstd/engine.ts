import type { Plan } from './frames.ts';

/** Speed matters more than size between machines that are near each other; Rspamd uses the same level. */
export const level = 1;

/** One way to compress and decompress; what is handed to it was looked through by planFrames. */
export interface Engine {
  readonly name: 'node' | 'zstd-codec';
  /** One frame with content size. */
  compress(data: Buffer): Buffer;
  /** @throws ZstdError `corrupt`, or `too-large` as soon as more than `maxBytes` came out */
  decompress(data: Buffer, plan: Plan, maxBytes: number): Buffer;
}
