import type { Logger } from '../message/log.ts';

/** Reads the configuration anew, one time after the other: the last one written is the one in use. */
export class Reloads {
  readonly #logger: Logger;
  readonly #work: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  constructor(logger: Logger, work: () => Promise<void>) {
    this.#logger = logger;
    this.#work = work;
  }

  /** Rejects when the new configuration cannot be used; the log says so, too. */
  reload(): Promise<void> {
    const done = this.#last.then(() => this.#reload());
    this.#last = done.catch(() => {});
    return done;
  }

  /** Resolves when no reload is going on. */
  get over(): Promise<void> {
    return this.#last;
  }

  async #reload(): Promise<void> {
    try {
      await this.#work();
      this.#logger.log('notice', 'main', 'reload', '', 'configuration reloaded');
    } catch (cause) {
      const why = (cause as Error).message;
      this.#logger.log('error', 'main', 'reload', '', `cannot parse new config file, revert to old one: ${why}`);
      throw cause;
    }
  }
}
