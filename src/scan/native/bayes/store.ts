import type { Counts } from './classify.ts';

export type StatClass = 'spam' | 'ham';

/** Where it is kept how often tokens were in messages of each class. Methods reject where it cannot be reached. */
export interface BayesStore {
  /** Messages learned. @param prefix of all keys: one set of statistics, of everybody or of one user */
  learns(prefix: string): Promise<Counts>;
  /** Of each token, in their order. */
  counts(prefix: string, tokens: readonly bigint[]): Promise<Counts[]>;
  /** @param times 1 to learn, -1 to take back */
  learn(prefix: string, as: StatClass, tokens: readonly bigint[], times: 1 | -1): Promise<void>;
  /** What a message was learned as. @param id names its tokens */
  learnedAs(id: string): Promise<StatClass | undefined>;
  remember(id: string, as: StatClass): Promise<void>;
  close(): Promise<void>;
}
