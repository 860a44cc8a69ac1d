import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadFile } from '../../../ucl/index.ts';
import type { LearnedMessages } from '../../rule.ts';
import { textsOption } from '../options.ts';
import { type Described, wordsAbout } from './about.ts';
import { type Classified, classify } from './classify.ts';
import { FileStore } from './file-store.ts';
import { RedisStore } from './redis-store.ts';
import type { BayesSettings } from './settings.ts';
import type { BayesStore, StatClass } from './store.ts';
import { signatureOf, type Token } from './tokens.ts';
import { messageTokens } from './words.ts';

const sharedPrefix = 'RS';

/** What learning a message came to. */
export type Learned = 'learned' | 'relearned' | 'known' | 'empty';

/** Statistics of words: says how much a message is like those that were learned as spam, or as ham. */
export class Bayes {
  readonly settings: BayesSettings;
  readonly #store: BayesStore;
  readonly #stopWords: ReadonlySet<string>;

  /** @param shareFolder of an Rspamd, which has the words that say nothing; undefined where there is none */
  constructor(settings: BayesSettings, shareFolder: string | undefined) {
    this.settings = settings;
    this.#store =
      settings.redis === undefined ? new FileStore(settings.path) : new RedisStore(settings.redis, settings.symbols);
    this.#stopWords = readStopWords(shareFolder);
  }

  /** Rejects where the store cannot be reached. */
  async classify(task: Described): Promise<Classified> {
    const prefix = this.#prefix(task);
    const learns = await this.#store.learns(prefix);
    // Most sites have learned enough or nothing at all: the words are split only for the former.
    const early = classify([], [], learns, this.settings);
    if ('skipped' in early && Math.min(learns.spam, learns.ham) < Math.max(1, this.settings.minLearns)) return early;
    const tokens = this.#tokens(task);
    const counts = await this.#store.counts(
      prefix,
      tokens.map(({ id }) => id),
    );
    return classify(tokens, counts, learns, this.settings);
  }

  /** A message that was learned before is not counted twice; as another class it changes sides. */
  async learn(task: Described, as: StatClass): Promise<Learned> {
    const tokens = this.#tokens(task);
    if (tokens.length === 0) return 'empty';
    const prefix = this.#prefix(task);
    const id = signatureOf(tokens, this.settings.perUser ? this.#user(task) : undefined);
    const ids = tokens.map((token) => token.id);
    const before = await this.#store.learnedAs(id);
    if (before === as) return 'known';
    if (before !== undefined) await this.#store.learn(prefix, before, ids, -1);
    await this.#store.learn(prefix, as, ids, 1);
    await this.#store.remember(id, as);
    return before === undefined ? 'learned' : 'relearned';
  }

  /** Messages learned; undefined where each user has statistics of their own. Rejects where the store cannot be reached. */
  async learned(): Promise<LearnedMessages | undefined> {
    return this.settings.perUser ? undefined : await this.#store.learns(sharedPrefix);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  #tokens(task: Described): readonly Token[] {
    const { osb, about } = this.settings;
    return messageTokens(task.message, (languages) => wordsAbout(task, about, languages), osb, this.#stopWords);
  }

  #user({ envelope }: Described): string {
    return envelope.deliverTo ?? envelope.recipients[0]?.addr ?? '';
  }

  /** rspamd: src/libstat/backends/redis_backend.cxx, new schema. */
  #prefix(task: Described): string {
    return this.settings.perUser ? `${sharedPrefix}${this.#user(task)}` : sharedPrefix;
  }
}

/** rspamd: src/libmime/lang_detection.c:rspamd_language_detector_read_stop_words. */
function readStopWords(shareFolder: string | undefined): ReadonlySet<string> {
  if (shareFolder === undefined) return new Set();
  const path = join(shareFolder, 'languages/stop_words');
  // Almost JSON: there are commas too many.
  const root = existsSync(path) ? loadFile(path).root : undefined;
  const lists = root === undefined ? [] : [...root.entries.keys()];
  return new Set(lists.flatMap((language) => textsOption(root, language) ?? []));
}
