import { codecEngine } from './codec.ts';
import type { Engine } from './engine.ts';
import { planFrames } from './frames.ts';
import { nativeEngine } from './native.ts';

export { ZstdError, type ZstdErrorKind } from './errors.ts';

/** zstd as mail needs it: whole messages in memory, with a bound on what hostile data can cost. */
export class Zstd {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Which implementation is in use. */
  get engine(): 'node' | 'zstd-codec' {
    return this.#engine.name;
  }

  /** One frame of level 1 with its content size, as Rspamd's proxy and client send it. */
  compress(data: Buffer): Buffer {
    return this.#engine.compress(data);
  }

  /**
   * All frames of `data`, one behind the other. Dictionaries are not supported.
   *
   * @param maxBytes the largest result; memory and time stay in proportion to it, whatever the data say
   * @throws ZstdError `too-large` where the result would be larger, other kinds where the data is no good
   */
  decompress(data: Buffer, maxBytes: number): Buffer {
    return this.#engine.decompress(data, planFrames(data, maxBytes), maxBytes);
  }
}

/** node:zlib's implementation where this Node has one (22.15 and later), zstd-codec otherwise. */
export async function loadZstd(): Promise<Zstd> {
  return new Zstd(nativeEngine() ?? (await codecEngine()));
}

let shared: Promise<Zstd> | undefined;

/** The one of this process, loaded when it is first wanted: that takes some 30 ms and 10 MB, and most never want it. */
export function sharedZstd(): Promise<Zstd> {
  shared ??= loadZstd();
  return shared;
}
