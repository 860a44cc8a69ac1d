import type { Logger, LogLevel } from '../../message/log.ts';
import type { LogLine } from './format.ts';
import type { Sink } from './sinks.ts';

const rank: Record<LogLevel, number> = { critical: 0, error: 1, warning: 2, notice: 3, info: 4, debug: 5 };

/** A message is written this often in a row, then counted only (rspamd: src/libserver/logger/logger_file.c). */
const repeatsShown = 3;
const repeatsCounted = 300;

/** Applies the level, the debug modules and the suppression of repeated messages in front of a sink. */
export class LeveledLogger implements Logger {
  readonly #sink: Sink;
  readonly #level: number;
  readonly #debugModules: ReadonlySet<string>;
  readonly #now: () => number;
  #last: LogLine | undefined;
  #repeats = 0;

  /** @param debugModules modules whose debug lines are written whatever the level; compared without case */
  constructor(sink: Sink, level: LogLevel, debugModules: readonly string[] = [], now: () => number = Date.now) {
    this.#sink = sink;
    this.#level = rank[level];
    this.#debugModules = new Set(debugModules.map((name) => name.toLowerCase()));
    this.#now = now;
  }

  enabled(level: LogLevel, module: string): boolean {
    return rank[level] <= this.#level || (level === 'debug' && this.#debugModules.has(module.toLowerCase()));
  }

  log(level: LogLevel, module: string, fn: string, id: string, message: string): void {
    if (!this.enabled(level, module)) return;
    const line: LogLine = { level, module, fn, id, message };
    if (message === this.#last?.message) {
      this.#last = line;
      if (++this.#repeats < repeatsShown) this.#sink.write(line, this.#now());
      else if (this.#repeats >= repeatsCounted) this.#tellRepeats();
      return;
    }
    this.#tellRepeats();
    this.#last = line;
    this.#sink.write(line, this.#now());
  }

  reopen(): void {
    this.#tellRepeats();
    this.#sink.reopen();
  }

  flush(): void {
    this.#tellRepeats();
    this.#sink.flush();
  }

  close(): void {
    this.#tellRepeats();
    this.#sink.close();
  }

  #tellRepeats(): void {
    const unseen = this.#repeats - (repeatsShown - 1);
    const last = this.#last;
    this.#repeats = 0;
    if (unseen <= 0 || last === undefined) return;
    const message = `Last message repeated ${unseen} times`;
    this.#sink.write({ level: last.level, module: '', fn: 'log', id: '', message }, this.#now());
  }
}
