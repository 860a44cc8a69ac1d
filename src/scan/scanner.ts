import { type GtubePatterns, gtube } from './checks/gtube.ts';
import { headerChecks } from './checks/headers.ts';
import { Message } from './message/index.ts';
import type { Check, SymbolDefinition, Task } from './symbol.ts';
import { type Thresholds, Verdict } from './verdict.ts';

/** What of the configuration a scan depends on. */
export interface ScanSettings {
  /** From the `actions` section; action name to threshold. */
  readonly thresholds: Thresholds;
  /** From the `group`s and `scores.d` of the tree: symbol to weight, where the operator has one. */
  readonly weights: ReadonlyMap<string, number>;
  readonly gtubePatterns: GtubePatterns;
  /** Template of a rewritten subject: `%s` the old one, `%d` the score, `%%` a per cent sign. */
  readonly subject: string;
}

/** Thresholds of the stock configuration (rspamd: conf/actions.conf). */
export const stockThresholds: Thresholds = new Map([
  ['reject', 15],
  ['add header', 6],
  ['greylist', 4],
]);

export const stockSettings: ScanSettings = {
  thresholds: stockThresholds,
  weights: new Map(),
  gtubePatterns: 'reject',
  subject: '*** SPAM *** %s',
};

export interface Scanned {
  readonly message: Message;
  readonly verdict: Verdict;
  /** Seconds that the scan took. */
  readonly seconds: number;
}

/** Judges messages by its checks. Holds no state between messages. */
export class Scanner {
  readonly settings: ScanSettings;
  readonly #checks: readonly Check[];
  readonly #definitions = new Map<string, SymbolDefinition>();

  constructor(settings: ScanSettings) {
    this.settings = settings;
    this.#checks = [gtube(settings.gtubePatterns), ...headerChecks];
    for (const check of this.#checks) {
      for (const [name, own] of Object.entries(check.symbols)) {
        this.#definitions.set(name, { ...own, score: settings.weights.get(name) ?? own.score });
      }
    }
  }

  /** @param receivedAt milliseconds since the epoch */
  scan(bytes: Buffer, receivedAt: number): Scanned {
    const started = performance.now();
    const message = new Message(bytes);
    const verdict = new Verdict(this.settings.thresholds, (symbol) => this.#definitions.get(symbol));
    const task: Task = {
      message,
      receivedAt,
      insert: (symbol, multiplier = 1, options = []) => verdict.insert(symbol, multiplier, options),
      passthrough: (action, module, text) => verdict.passThrough(action, module, text),
    };
    this.#run('prefilter', task);
    if (verdict.passthrough === undefined) this.#run('filter', task);
    return { message, verdict, seconds: (performance.now() - started) / 1000 };
  }

  #run(stage: Check['stage'], task: Task): void {
    const empty = task.message.bytes.length === 0;
    for (const check of this.#checks) {
      if (check.stage === stage && (!empty || check.empty === true)) check.run(task);
    }
  }
}
