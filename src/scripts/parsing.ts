import type { Logger } from '../message/log.ts';
import type { ReplyContent } from '../message/scan.ts';
import type { Answer } from './protocol.ts';
import { ScriptThread, type ThreadOptions } from './thread.ts';

/** Answers that wait for the scripts; more would be too late anyway. */
const mostWaiting = 1_000;

const unreadable: ReplyContent = { is: 'unreadable' };

/** Has parser scripts read answers of scanners. Mail may wait for that: for a limited time. */
export class ParserScripts {
  readonly #thread: ScriptThread;
  readonly #timeout: number;
  readonly #logger: Logger;
  #waiting = 0;

  /** @param options.background whether no mail waits for it */
  constructor(options: Omit<ThreadOptions, 'name'>) {
    this.#thread = new ScriptThread({ ...options, name: 'parser scripts' });
    this.#timeout = options.timeout;
    this.#logger = options.logger;
  }

  /** Resolves when the scripts have been loaded. */
  get ready(): Promise<unknown> {
    return this.#thread.loaded;
  }

  get hangs(): boolean {
    return this.#thread.hangs;
  }

  /**
   * What an answer holds; unreadable where the script fails, which is logged. Does not reject.
   * @param script its number
   * @param body the answer without a rewritten message
   */
  async parse(script: number, body: Buffer, sessionId: string): Promise<ReplyContent> {
    if (body.length === 0) return unreadable;
    try {
      return contentOf(await this.#ask(script, body, sessionId));
    } catch (cause) {
      const text = `cannot run lua parser script: ${(cause as Error).message}`;
      this.#logger.log('error', 'proxy', 'proxy_backend_parse_results', sessionId, text);
      return unreadable;
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ask(script: number, body: Buffer, sessionId: string): Promise<Answer> {
    if (this.#waiting >= mostWaiting) throw new Error('too many answers wait for it');
    this.#waiting++;
    let timer: NodeJS.Timeout | undefined;
    // One before it may take all of its time, and one more.
    const wait = 2 * this.#timeout;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('its time is over')), wait + this.#timeout);
    });
    const asked = this.#thread.run({ kind: 'parse', script, sessionId, body }, performance.now() + wait);
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
      this.#waiting--;
    }
  }
}

function contentOf(answer: Answer): ReplyContent {
  if (answer.kind !== 'parsed') return unreadable;
  switch (answer.parsed.is) {
    case 'value':
      return { is: 'value', value: answer.parsed.value, encoding: 'latin1' };
    case 'nothing':
      return { is: 'unknown' };
    case 'failed':
      return unreadable;
  }
}
