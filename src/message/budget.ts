/** Bounds what is under way at the same time, by number and by bytes. */
export class Budget {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #count = 0;
  #bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  /** False where there is no room; one thing by itself always fits. What was taken is to be given back. */
  take(bytes: number): boolean {
    const full = this.#count >= this.#maxCount || this.#bytes + bytes > this.#maxBytes;
    if (full && this.#count > 0) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
  }
}

/** How often losses are told, in milliseconds. */
const pause = 10_000;

/** Counts what was left out. The first loss is told at once, those that follow together, now and then. */
export class Losses {
  readonly #tell: (count: number) => void;
  #untold = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (count: number) => void) {
    this.#tell = tell;
  }

  add(): void {
    this.#untold++;
    if (this.#timer === undefined) this.#report();
  }

  /** Tells what was not told yet. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#untold > 0) this.#tell(this.#untold);
    this.#untold = 0;
  }

  #report(): void {
    this.#timer = undefined;
    if (this.#untold === 0) return;
    this.#tell(this.#untold);
    this.#untold = 0;
    this.#timer = setTimeout(() => this.#report(), pause);
    this.#timer.unref();
  }
}
