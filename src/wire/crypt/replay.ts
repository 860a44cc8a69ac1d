/** Bodies each of the two generations of a ReplayGuard remembers. */
export const defaultReplayMemory = 32_768;

/**
 * Remembers the nonces of bodies that were opened. Nonces are random, so a client that tries again sends another one
 * (rspamd: http_connection.c:rspamd_http_connection_write_message_common draws it per message); the same nonce under
 * the same key is the same bytes sent by somebody who kept them.
 *
 * The protocol has no time or counter, so memory is the only means, and it is bounded: between one and two generations
 * of the latest bodies. Only bodies with a right MAC are to be remembered, so that noise pushes nothing out.
 */
export class ReplayGuard {
  readonly #limit: number;
  #young = new Set<string>();
  #old = new Set<string>();

  /** @param limit bodies per generation; 0 remembers none */
  constructor(limit: number = defaultReplayMemory) {
    this.#limit = limit;
  }

  seen(name: string): boolean {
    return this.#young.has(name) || this.#old.has(name);
  }

  remember(name: string): void {
    if (this.#limit === 0) return;
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(name);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
