import type { Compared } from '../message/comparison.ts';
import type { LogLevel } from '../message/log.ts';
import type { Paths } from '../rspamd-lua/index.ts';
import type { UclObject } from '../ucl/index.ts';
import type { Script, ScriptProblem } from './script.ts';
import type { Parsed } from './world.ts';

/** Which log lines are worth sending. */
export interface LogFilter {
  readonly levels: readonly LogLevel[];
  /** Modules whose debug lines are wanted whatever the level; in lower case. */
  readonly debugModules: readonly string[];
}

/** What a thread is started with. */
export interface ThreadData {
  readonly scripts: readonly Script[];
  readonly paths: Paths;
  /** What `rspamd_config` shows. */
  readonly config: UclObject | undefined;
  /** Milliseconds that a script may take for one message. */
  readonly timeout: number;
  readonly log: LogFilter;
  /** Whether everything else goes first. */
  readonly background: boolean;
  /** The number of the script that runs, -1 for none: it can be read when the thread does not answer any more. */
  readonly running: Int32Array;
}

/** To a thread. Each is answered by one of the `Answer`s, and the next one comes after that. */
export type Job =
  | {
      readonly kind: 'compare';
      readonly sessionId: string;
      readonly tag: string;
      readonly results: ReadonlyMap<string, Compared>;
    }
  | { readonly kind: 'parse'; readonly script: number; readonly sessionId: string; readonly body: Uint8Array };

export type Answer = { readonly kind: 'compared' } | { readonly kind: 'parsed'; readonly parsed: Parsed };

/** From a thread. */
export type Notice =
  /** All chunks have run. A script with a problem is left out. */
  | { readonly kind: 'loaded'; readonly problems: ReadonlyArray<ScriptProblem | undefined> }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly module: string;
      readonly fn: string;
      readonly id: string;
      readonly text: string;
    }
  /** A script called `os.exit`. The thread ends. */
  | { readonly kind: 'exit'; readonly code: number }
  | Answer;
