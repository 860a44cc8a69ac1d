import type { ExpectedReply } from './corpus.ts';

/** A reply of ours, as far as it is compared. */
export interface OurReply {
  readonly action: string;
  readonly score: number;
  readonly symbols: ReadonlyMap<string, { readonly score: number; readonly options: readonly string[] }>;
}

interface Count {
  both: number;
  onlyRspamd: number;
  onlyOurs: number;
  /** Both have it, with another score or other options. */
  scores: number;
  options: number;
}

/** How far replies agree with those of Rspamd, over many messages. */
export class Agreement {
  readonly #isCounted: (symbol: string) => boolean;
  readonly #symbols = new Map<string, Count>();
  #cases = 0;
  #jaccard = 0;
  #sameAction = 0;
  #difference = 0;

  /** @param isCounted which symbols count */
  constructor(isCounted: (symbol: string) => boolean) {
    this.#isCounted = isCounted;
  }

  /** @returns what is different, one line; undefined where nothing is */
  add(expected: ExpectedReply, ours: OurReply): string | undefined {
    const theirs = new Set(Object.keys(expected.symbols).filter(this.#isCounted));
    const own = new Set([...ours.symbols.keys()].filter(this.#isCounted));
    const both = [...theirs].filter((name) => own.has(name));
    const union = theirs.size + own.size - both.length;
    this.#cases++;
    this.#jaccard += union === 0 ? 1 : both.length / union;
    if (expected.action === ours.action) this.#sameAction++;
    this.#difference += Math.abs(expected.score - ours.score);
    const missing = [...theirs].filter((name) => !own.has(name));
    const extra = [...own].filter((name) => !theirs.has(name));
    for (const name of both) this.#both(name, expected, ours);
    for (const name of missing) this.#count(name).onlyRspamd++;
    for (const name of extra) this.#count(name).onlyOurs++;
    const parts = [
      expected.action === ours.action ? '' : `action ${ours.action}, not ${expected.action}`,
      missing.length === 0 ? '' : `missing ${missing.join(' ')}`,
      extra.length === 0 ? '' : `extra ${extra.join(' ')}`,
    ].filter((part) => part !== '');
    return parts.length === 0 ? undefined : parts.join('; ');
  }

  #both(name: string, expected: ExpectedReply, ours: OurReply): void {
    const [theirs, own] = [expected.symbols[name], ours.symbols.get(name)];
    const count = this.#count(name);
    count.both++;
    if (Math.abs((theirs?.score ?? 0) - (own?.score ?? 0)) > 0.001) count.scores++;
    const [a, b] = [new Set(theirs?.options ?? []), new Set(own?.options ?? [])];
    if (a.size !== b.size || [...a].some((option) => !b.has(option))) count.options++;
  }

  #count(name: string): Count {
    const known = this.#symbols.get(name);
    if (known !== undefined) return known;
    const fresh: Count = { both: 0, onlyRspamd: 0, onlyOurs: 0, scores: 0, options: 0 };
    this.#symbols.set(name, fresh);
    return fresh;
  }

  /** Symbol, both, only Rspamd, only ours, other score, other options; those that disagree most first. */
  table(): string[] {
    const rows = [...this.#symbols].sort(
      ([a, x], [b, y]) => y.onlyRspamd + y.onlyOurs - (x.onlyRspamd + x.onlyOurs) || (a < b ? -1 : 1),
    );
    return [
      'symbol                                     both  rspamd    ours  scores options',
      ...rows.map(([name, { both, onlyRspamd, onlyOurs, scores, options }]) =>
        [name.padEnd(40), ...[both, onlyRspamd, onlyOurs, scores, options].map((n) => String(n).padStart(7))].join(' '),
      ),
    ];
  }

  /** Mean agreement of symbol sets (Jaccard), share of messages with the same action, mean difference of scores. */
  get figures(): { readonly jaccard: number; readonly action: number; readonly difference: number } {
    const mean = (sum: number) => (this.#cases === 0 ? 0 : sum / this.#cases);
    return { jaccard: mean(this.#jaccard), action: mean(this.#sameAction), difference: mean(this.#difference) };
  }

  /** Of the symbols that we emit the share that Rspamd emitted, and the other way round. */
  get rates(): { readonly precision: number; readonly recall: number } {
    let [both, onlyRspamd, onlyOurs] = [0, 0, 0];
    for (const count of this.#symbols.values()) {
      both += count.both;
      onlyRspamd += count.onlyRspamd;
      onlyOurs += count.onlyOurs;
    }
    const share = (other: number) => (both + other === 0 ? 1 : both / (both + other));
    return { precision: share(onlyOurs), recall: share(onlyRspamd) };
  }
}
