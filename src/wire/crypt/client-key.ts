import { generateKeyPair, type KeyPair } from './keys.ts';

/** Milliseconds of a clock that never goes back. */
export type Clock = () => number;

/** Seconds of `rotate_time` of the `http` section (rspamd: src/libserver/http/http_context.c). */
export const defaultRotateTime = 120;

export interface ClientKeyOptions {
  /** Seconds; 0 makes a fresh key for every connection. */
  readonly rotateTime?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * The key a client speaks with. It is replaced after rotate_time plus a random part of the same length (120 to 240 s by
 * default, rspamd: http_context.c:rspamd_http_context_client_rotate_ev), when the next message asks for it: an idle
 * process makes no keys. Rspamd makes a key per connection until its timer first fires; here the first key is shared
 * from the first message on, which saves a key agreement for each of them.
 */
export class ClientKey {
  readonly #lifetime: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  #current: KeyPair | undefined;
  #expires = 0;

  constructor(options: ClientKeyOptions = {}) {
    this.#lifetime = (options.rotateTime ?? defaultRotateTime) * 1000;
    this.#clock = options.clock ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** The key for the next message. */
  get(): KeyPair {
    if (this.#lifetime <= 0) return generateKeyPair();
    const now = this.#clock();
    if (this.#current === undefined || now >= this.#expires) {
      this.#current = generateKeyPair();
      this.#expires = now + this.#lifetime * (1 + this.#random());
    }
    return this.#current;
  }
}
