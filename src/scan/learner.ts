import type { ReadonlyHeaders } from '../message/headers.ts';
import { first } from '../ucl/index.ts';
import { readEnvelope } from './envelope.ts';
import { type Knowledge, loadKnowledge, Message } from './message/index.ts';
import { Bayes, bayesSettings, type Learned, type StatClass } from './native/index.ts';
import type { ScanSpec } from './spec.ts';

/** Teaches the statistics of a configuration, without a scan. */
export class Learner {
  readonly #bayes: Bayes;
  readonly #knowledge: Knowledge;

  private constructor(bayes: Bayes, knowledge: Knowledge) {
    this.#bayes = bayes;
    this.#knowledge = knowledge;
  }

  /** @returns undefined where the configuration has no classifier */
  static async of(spec: ScanSpec, problem: (text: string) => void): Promise<Learner | undefined> {
    const { stateFolder, shareFolder, tree } = spec;
    const section = (name: string) => {
      const value = first(tree.entries.get(name)?.value);
      return value?.type === 'object' ? value : undefined;
    };
    const settings = bayesSettings({ section, stateFolder, problem });
    if (settings === undefined) return undefined;
    return new Learner(new Bayes(settings, shareFolder), await loadKnowledge(shareFolder));
  }

  /** Rejects where the store cannot be reached. @param headers of a request, for the recipient */
  async learn(body: Buffer, headers: ReadonlyHeaders, as: StatClass): Promise<Learned> {
    const message = new Message(body, this.#knowledge);
    const results = { get: () => undefined, has: () => false };
    return this.#bayes.learn({ message, envelope: readEnvelope(headers), receivedAt: Date.now(), results }, as);
  }

  async close(): Promise<void> {
    await this.#bayes.close();
  }
}
