import type { Findings } from '../../config/index.ts';
import type { UclObject, UclValue } from '../../ucl/index.ts';
import type { Task } from '../task.ts';

/** Texts by name: what is told a server that is asked for settings. */
export type Question = Readonly<Record<string, string | readonly string[]>>;

/** What settings need of the scanner. Texts are byte strings. */
export interface SettingsWorld {
  readonly findings: Findings;
  /** A set of networks, as maps are written. */
  networks(value: UclValue): (ip: string) => boolean;
  /** @throws Error for a selector that cannot be used */
  selector(text: string, delimiter: string): (task: Task) => readonly string[];
  /** Selectors whose results are names and what they stand for. @throws Error for one that cannot be used */
  pairs(text: string): (task: Task) => Question | undefined;
  /** A server that is asked for every message; undefined where it cannot be used, which is told. */
  external(map: UclObject): { find(question: Question): Promise<string | undefined> } | undefined;
  /** What is made of the text of a map, anew when it changes. */
  whole<T>(map: UclValue, make: (lines: readonly string[]) => T): () => T;
  /** For what goes wrong while messages are scanned. */
  log(text: string): void;
}
