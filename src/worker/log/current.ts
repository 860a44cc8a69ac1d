import { isDeepStrictEqual } from 'node:util';
import type { Logger, LogLevel } from '../../message/log.ts';
import type { Process } from './format.ts';
import type { LeveledLogger } from './logger.ts';
import { type LogSpec, openLog } from './open.ts';

/** The log of a process that outlives its configuration: lines go where the last one says. */
export class CurrentLog implements Logger {
  readonly #process: Process;
  #spec: LogSpec;
  #log: LeveledLogger;

  /** @throws the system's error when the log file cannot be opened */
  constructor(spec: LogSpec, process: Process) {
    this.#process = process;
    this.#spec = spec;
    this.#log = openLog(spec, process);
  }

  /**
   * Turns to another log; the old one stays in use where that cannot be opened.
   * @throws the system's error
   */
  use(spec: LogSpec): void {
    if (isDeepStrictEqual(spec, this.#spec)) return;
    const fresh = openLog(spec, this.#process);
    this.#log.close();
    this.#log = fresh;
    this.#spec = spec;
  }

  enabled(level: LogLevel, module: string): boolean {
    return this.#log.enabled(level, module);
  }

  log(level: LogLevel, module: string, fn: string, id: string, message: string): void {
    this.#log.log(level, module, fn, id, message);
  }

  reopen(): void {
    this.#log.reopen();
  }

  close(): void {
    this.#log.close();
  }
}
