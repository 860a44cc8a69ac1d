import type { Group, Limit, Metric, WeighedSymbol } from './metric.ts';
import type { TaskSettings } from './settings/index.ts';

/** All options of a symbol together, UTF-8 bytes (rspamd: option max_opts_len). */
const maxOptionBytes = 4096;

/** A symbol that was found. */
export interface FoundSymbol {
  readonly name: string;
  /** After caps. */
  score: number;
  /** Undefined where nobody knows the symbol. */
  readonly definition: WeighedSymbol | undefined;
  readonly options: Set<string>;
  shots: number;
  optionBytes: number;
  /** A composite stands in its place: it is there, but nobody is told. */
  hidden: boolean;
}

/** Fixes the verdict whatever the score (rspamd: src/libmime/scan_result.c:rspamd_add_passthrough_result). */
export interface Passthrough {
  /** As in results: `soft reject`. */
  readonly action: string;
  /** Who says so. */
  readonly module: string;
  /** For the client of the MTA. */
  readonly message?: string;
  /** The score that the message gets. */
  readonly score?: number;
  /** The highest wins; 0 where it is left out. */
  readonly priority?: number;
  /** A more severe action that the score leads to stays. */
  readonly least?: boolean;
  /** All other rules run nevertheless. */
  readonly processAll?: boolean;
}

/** What a task comes to. */
export interface Verdict {
  readonly action: Limit;
  readonly score: number;
  readonly passthrough: Passthrough | undefined;
}

/** Collects what rules find and turns it into an action (rspamd: src/libmime/scan_result.c). */
export class Results {
  readonly metric: Metric;
  readonly #symbols = new Map<string, FoundSymbol>();
  readonly #groupScores = new Map<Group, number>();
  readonly #passthroughs: Passthrough[] = [];
  #limits: readonly Limit[];
  readonly #disabled = new Set<string>();
  #scores: ReadonlyMap<string, number> = new Map();
  #score = 0;
  #closed = false;
  #isAllowed: (symbol: string) => boolean = () => true;

  constructor(metric: Metric) {
    this.metric = metric;
    this.#limits = metric.actions;
  }

  get symbols(): ReadonlyMap<string, FoundSymbol> {
    return this.#symbols;
  }

  get score(): number {
    return this.#score;
  }

  /** What was counted for each group. */
  get groupScores(): ReadonlyMap<Group, number> {
    return this.#groupScores;
  }

  /** Actions with the thresholds that count for this message. */
  get limits(): readonly Limit[] {
    return this.#limits;
  }

  /** The highest threshold that a score can reach (rspamd: src/libserver/task.c:rspamd_task_get_required_score). */
  get requiredScore(): number | undefined {
    return this.#limits.findLast(isReachable)?.threshold;
  }

  has(symbol: string): boolean {
    return this.#symbols.has(symbol);
  }

  get(symbol: string): FoundSymbol | undefined {
    return this.#symbols.get(symbol);
  }

  /** Thresholds and weights of a message's own settings count from now on. */
  apply({ actions, scores }: TaskSettings): void {
    this.#scores = scores;
    this.setThresholds(actions);
  }

  /**
   * @param thresholds by action; `null` switches one off, a name that nobody has makes a new one
   * (rspamd: src/lua/lua_task.c:lua_task_set_settings)
   */
  setThresholds(thresholds: ReadonlyMap<string, number | null>): void {
    const limits = [...this.#limits];
    for (const [name, threshold] of thresholds) {
      const at = limits.findIndex((limit) => limit.name === name);
      const known = limits[at];
      if (threshold === null) {
        if (known !== undefined) this.#disabled.add(name);
      } else if (known === undefined) {
        limits.push({ name, type: 'custom', threshold, noThreshold: false, ham: false });
      } else {
        limits[at] = { ...known, threshold };
      }
    }
    this.#limits = limits;
  }

  /** From now on only these are inserted. */
  restrict(isAllowed: (symbol: string) => boolean): void {
    this.#isAllowed = isAllowed;
  }

  insert(
    name: string,
    multiplier = 1,
    options: readonly string[] = [],
    unknownWeight = this.metric.unknownWeight,
  ): void {
    if (this.#closed || !this.#isAllowed(name)) return;
    const definition = this.metric.symbols.get(name);
    if (definition?.disabled === true) return;
    const weight = this.#scores.get(name) ?? definition?.score ?? unknownWeight;
    const score = Number.isFinite(multiplier) ? weight * multiplier : 0;
    const known = this.#symbols.get(name);
    if (known === undefined) this.#first(name, definition, score, options);
    else this.#again(known, score, options);
  }

  #first(name: string, definition: WeighedSymbol | undefined, score: number, options: readonly string[]): void {
    const found: FoundSymbol = {
      name,
      score: this.#capped(definition, score) ?? 0,
      definition,
      options: new Set(),
      shots: 1,
      optionBytes: 0,
      hidden: false,
    };
    this.#score += found.score;
    this.#symbols.set(name, found);
    addOptions(found, options);
  }

  #again(found: FoundSymbol, score: number, options: readonly string[]): void {
    const { definition } = found;
    const shots = definition?.groups.some(({ oneShot }) => oneShot) ? 1 : (definition?.shots ?? this.metric.shots);
    const single = found.shots >= shots;
    found.shots++;
    addOptions(found, options);
    const isHeavier = Math.abs(score) > Math.abs(found.score) && isNegative(score) === isNegative(found.score);
    const difference = single ? (isHeavier ? score - found.score : 0) : score;
    if (difference === 0) return;
    const counted = this.#capped(definition, difference);
    if (counted === undefined) return;
    this.#score += counted;
    found.score = single ? score : found.score + counted;
  }

  /** What of a score the caps of the symbol's groups let pass; undefined where one of them is reached already. */
  #capped(definition: WeighedSymbol | undefined, score: number): number | undefined {
    let left = score;
    for (const group of definition?.groups ?? []) {
      const sum = this.#groupScores.get(group) ?? 0;
      const passed = cappedBy(group, sum, left);
      if (passed === undefined) return undefined;
      this.#groupScores.set(group, sum + passed);
      left = passed;
    }
    return left;
  }

  /** Takes the weight of a symbol back; caps that it used stay used. */
  removeWeight(found: FoundSymbol): void {
    this.adjust(found, 0);
  }

  /** Gives a symbol another score, whatever it weighs (rspamd: src/lua/lua_task.c:lua_task_adjust_result). */
  adjust(found: FoundSymbol, score: number, options: readonly string[] = []): void {
    this.#score += score - found.score;
    found.score = score;
    addOptions(found, options);
  }

  /** Raises positive scores (rspamd: scan_result.c:rspamd_task_result_adjust_grow_factor). */
  grow(): void {
    const { growFactor } = this.metric;
    if (growFactor <= 1) return;
    const highest = Math.max(0, ...this.#limits.map(({ threshold }) => threshold ?? 0));
    let factor = growFactor;
    for (const { score } of this.#symbols.values())
      if (score > 0 && highest > 0) factor *= 1 + ((growFactor - 1) * score) / highest;
    for (const symbol of this.#symbols.values()) {
      if (symbol.score <= 0) continue;
      this.#score += symbol.score * (factor - 1);
      symbol.score *= factor;
    }
  }

  /** @returns whether it counts: an action that settings switched off does not */
  passThrough(result: Passthrough): boolean {
    if (this.#disabled.has(result.action)) return false;
    this.#passthroughs.push(result);
    this.#passthroughs.sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
    return true;
  }

  /** No other rule is needed any more. */
  get isFixed(): boolean {
    return this.#passthroughs.some(({ least, processAll }) => least !== true && processAll !== true);
  }

  get passthroughs(): readonly Passthrough[] {
    return this.#passthroughs;
  }

  /** From now on nothing is inserted. */
  close(): void {
    this.#closed = true;
  }

  /** rspamd: scan_result.c:rspamd_check_action_metric. */
  get verdict(): Verdict {
    const fixed = this.#passthroughs.find(({ least }) => least !== true);
    const least = this.#passthroughs.find((result) => result.least === true);
    // A least one of higher priority does not stand in the way of one that is fixed.
    if (fixed !== undefined) return this.#fixed(fixed);
    return least === undefined ? this.#byScore(this.#score) : this.#atLeast(least);
  }

  #fixed(result: Passthrough): Verdict {
    const action = this.#limit(result.action);
    const target = result.score;
    const score =
      target === undefined ? this.#score : action.type === 'no action' ? Math.min(target, this.#score) : target;
    return { action, score, passthrough: result };
  }

  #atLeast(result: Passthrough): Verdict {
    const action = this.#limit(result.action);
    const target = result.score ?? (action.noThreshold ? undefined : action.threshold);
    const byScore = this.#byScore(this.#score, target);
    if (action.noThreshold || action.threshold === undefined) {
      const isSevere = byScore.action.type === 'reject' || byScore.action.type === 'discard';
      return isSevere ? byScore : { ...byScore, action, passthrough: result };
    }
    if (byScore.action.type !== 'no action' && (byScore.action.threshold ?? 0) > (target ?? 0)) return byScore;
    const score = target !== undefined && target > this.#score ? target : this.#score;
    return { action, score, passthrough: score > this.#score ? result : undefined };
  }

  /** @param above only thresholds above it count */
  #byScore(score: number, above = Number.NEGATIVE_INFINITY): Verdict {
    let chosen: Limit | undefined;
    let highest = above;
    for (const limit of this.#limits) {
      const { threshold } = limit;
      if (threshold === undefined || !isReachable(limit) || this.#disabled.has(limit.name)) continue;
      if (score < threshold || threshold <= highest) continue;
      chosen = limit;
      highest = threshold;
    }
    return { action: chosen ?? this.#limit('no action'), score, passthrough: undefined };
  }

  #limit(name: string): Limit {
    return (
      this.#limits.find((limit) => limit.name === name) ?? {
        name,
        type: 'custom',
        threshold: undefined,
        noThreshold: true,
        ham: false,
      }
    );
  }
}

/** A score can lead to it. */
export function isReachable({ threshold, noThreshold, ham }: Limit): boolean {
  return threshold !== undefined && !noThreshold && !ham;
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

/** rspamd: scan_result.c:rspamd_check_group_score. */
function cappedBy({ maxScore, minScore }: Group, sum: number, score: number): number | undefined {
  const together = sum + score;
  const limit = together >= 0 ? positive(maxScore) : positive(minScore === undefined ? undefined : -minScore);
  if (limit === undefined) return score;
  if (Math.abs(sum) >= limit && isNegative(sum) === isNegative(score)) return undefined;
  if (Math.abs(together) <= limit) return score;
  return isNegative(score) ? -limit - sum : limit - sum;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function addOptions(found: FoundSymbol, options: readonly string[]): void {
  for (const option of options) {
    if (found.optionBytes < 0) return;
    const length = Buffer.byteLength(option);
    if (length + found.optionBytes > maxOptionBytes) {
      found.optionBytes = -1;
      found.options.add('...');
      return;
    }
    const safe = printable(option);
    if (found.options.has(safe)) continue;
    found.options.add(safe);
    found.optionBytes += length;
  }
}

/** What cannot be printed becomes U+FFFD (rspamd: scan_result.c:rspamd_task_option_safe_copy; ICU: u_isprint). */
function printable(option: string): string {
  return /^[\x20-\x7e]*$/.test(option) ? option : option.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
