import type { Message } from './message/index.ts';

/** Symbol of a check with the weight that counts where the configuration names none. */
export interface SymbolDefinition {
  readonly score: number;
  readonly description: string;
}

/** What a check sees, and how it tells what it found. */
export interface Task {
  readonly message: Message;
  /** When the message was received, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** @param multiplier times the symbol's weight; 1 when left out */
  insert(symbol: string, multiplier?: number, options?: readonly string[]): void;
  /** Ends the scan with this action whatever the score (rspamd: src/libmime/scan_result.c, passthrough results). */
  passthrough(action: string, module: string, message: string): void;
}

/**
 * The one door by which checks come in. A prefilter runs before all filters and may end the scan by a passthrough.
 */
export interface Check {
  readonly name: string;
  readonly stage: 'prefilter' | 'filter';
  readonly symbols: Readonly<Record<string, SymbolDefinition>>;
  /** Runs for messages of zero bytes too; others are passed over then. */
  readonly empty?: true;
  run(task: Task): void;
}
