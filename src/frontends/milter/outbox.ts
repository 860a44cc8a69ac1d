import { encodeReplies, type Reply } from '../../wire/milter/index.ts';

/** The connection under a session, as far as a session needs it. */
export interface Wire {
  /** Takes all of it at once; false when the peer does not keep up: `drained` is called when it has. */
  write(pieces: readonly Buffer[]): boolean;
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  close(): void;
}

/** Collects replies and sends those of one batch together; reads no more from a peer that does not read. */
export class Outbox {
  readonly #wire: Wire;
  #replies: Reply[] = [];
  #congested = false;
  #paused = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Whether the peer still has to take bytes. */
  get congested(): boolean {
    return this.#congested;
  }

  add(reply: Reply): void {
    this.#replies.push(reply);
  }

  addAll(replies: readonly Reply[]): void {
    for (const reply of replies) this.#replies.push(reply);
  }

  flush(): void {
    if (this.#replies.length === 0) return;
    const replies = this.#replies;
    this.#replies = [];
    this.write(encodeReplies(replies));
  }

  write(pieces: readonly Buffer[]): void {
    if (!this.#wire.write(pieces)) this.#congested = true;
  }

  drained(): void {
    this.#congested = false;
  }

  /** @param held whether more input than this is unwelcome now */
  regulate(held: boolean): void {
    const pause = held || this.#congested;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#wire.pause();
    else this.#wire.resume();
  }

  close(): void {
    this.flush();
    this.#wire.close();
  }
}
