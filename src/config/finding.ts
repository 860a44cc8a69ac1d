import type { Position } from '../ucl/index.ts';

/**
 * Something to tell the operator. An `error` stops the configuration from being used, a `warning` is a line that does
 * not do what it seems to, a `notice` is worth knowing.
 */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'notice';
  /** One sentence without a full stop; bytes of the configuration in it are a byte string. */
  readonly message: string;
  readonly at?: Position | undefined;
  /** How to mend it. */
  readonly hint?: string | undefined;
}

/** Collects findings in the order in which they come up. */
export class Findings {
  readonly list: Finding[] = [];

  error(message: string, at?: Position, hint?: string): void {
    this.#add('error', message, at, hint);
  }

  warn(message: string, at?: Position, hint?: string): void {
    this.#add('warning', message, at, hint);
  }

  notice(message: string, at?: Position, hint?: string): void {
    this.#add('notice', message, at, hint);
  }

  #add(severity: Finding['severity'], message: string, at?: Position, hint?: string): void {
    this.list.push({ severity, message, at, hint });
  }
}
