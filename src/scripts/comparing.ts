import { setTimeout as sleep } from 'node:timers/promises';
import { Budget, Losses } from '../message/budget.ts';
import type { Comparison, ComparisonListener } from '../message/comparison.ts';
import type { Logger } from '../message/log.ts';
import { ScriptThread, type ThreadOptions } from './thread.ts';

/** Messages that wait for the scripts, and the bytes of the answers that they were read from. */
const limits = { messages: 1000, bytes: 64 * 1024 * 1024 };

/** Milliseconds that what waits may still take when the worker ends. */
const patience = 1_000;

/** Calls the compare scripts for every message, beside the mail: nobody waits for them, and when they are too slow messages are left out. */
export class CompareScripts implements ComparisonListener {
  /** As in the original they are called where there is no mirror, too. */
  readonly alone = true;
  readonly #thread: ScriptThread;
  readonly #logger: Logger;
  readonly #room = new Budget(limits.messages, limits.bytes);
  readonly #losses: Losses;
  readonly #waiting: Comparison[] = [];
  #working: Promise<void> | undefined;
  #closing = false;

  constructor(options: Omit<ThreadOptions, 'name' | 'background'>) {
    this.#thread = new ScriptThread({ ...options, background: true, name: 'compare scripts' });
    this.#logger = options.logger;
    this.#losses = new Losses((count) => {
      const what = count === 1 ? '1 message was' : `${count} messages were`;
      this.#log('warning', '', `the compare scripts are too slow: ${what} not given to them`);
    });
  }

  /** Resolves when the scripts have been loaded. */
  get ready(): Promise<unknown> {
    return this.#thread.loaded;
  }

  get hangs(): boolean {
    return this.#thread.hangs;
  }

  compared(comparison: Comparison): void {
    if (this.#closing || !this.#room.take(comparison.bytes)) {
      this.#losses.add();
      return;
    }
    this.#waiting.push(comparison);
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when no message waits. */
  async done(): Promise<void> {
    await this.#working;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.race([this.#working, sleep(patience, undefined, { ref: false })]);
    for (const _ of this.#waiting.splice(0)) this.#losses.add();
    this.#losses.close();
    await this.#thread.close();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { sessionId, tag, results, bytes } = next;
      try {
        await this.#thread.run({ kind: 'compare', sessionId, tag, results });
      } catch (cause) {
        const text = `cannot run lua compare scripts for this message: ${(cause as Error).message}`;
        if (!this.#closing) this.#log('error', sessionId, text);
      }
      this.#room.giveBack(bytes);
    }
  }

  #log(level: 'error' | 'warning', id: string, text: string): void {
    this.#logger.log(level, 'proxy', 'proxy_call_cmp_script', id, text);
  }
}
