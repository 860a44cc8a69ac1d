import { once } from 'node:events';
import type { Compared, Comparison } from '../../src/message/comparison.ts';
import type { Logger, LogLevel } from '../../src/message/log.ts';

export interface LogEntry {
  readonly level: LogLevel;
  readonly module: string;
  readonly fn: string;
  readonly id: string;
  readonly text: string;
}

/** Keeps log lines as they come, debug lines not among them. */
export class LineLog implements Logger {
  readonly lines: LogEntry[] = [];
  #heard = new EventTarget();

  enabled(level: LogLevel): boolean {
    return level !== 'debug';
  }

  log(level: LogLevel, module: string, fn: string, id: string, text: string): void {
    if (!this.enabled(level)) return;
    this.lines.push({ level, module, fn, id, text });
    this.#heard.dispatchEvent(new Event('line'));
  }

  /** Waits until a line has what is looked for. */
  async until(wanted: string | RegExp): Promise<LogEntry> {
    for (;;) {
      const found = this.lines.find(({ text }) =>
        typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text),
      );
      if (found !== undefined) return found;
      await once(this.#heard, 'line');
    }
  }
}

let sessions = 0x0badc0de;

/** A comparison as a worker makes it. */
export function comparison(results: Readonly<Record<string, unknown>>, bytes = 1_000): Comparison {
  const sessionId = (sessions++).toString(16).padStart(16, 'a');
  const compared = Object.entries(results).map(([name, one]): [string, Compared] => {
    return [name, typeof one === 'string' ? one : { value: one, encoding: 'utf8' }];
  });
  const about = { sessionId, tag: sessionId.slice(0, 6), when: Date.now(), queueId: undefined, bytes };
  return { ...about, results: new Map(compared), times: new Map() };
}
