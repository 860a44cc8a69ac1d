import type { Task } from './task.ts';

/**
 * When a rule runs. `connfilter` sees the envelope only to decide, `prefilter` may end the scan before all others,
 * `filter` is the usual one, `classifier` learns, `postfilter` sees what all of them found, `idempotent` may insert
 * nothing any more.
 */
export type Stage = 'connfilter' | 'prefilter' | 'filter' | 'classifier' | 'postfilter' | 'idempotent';

/**
 * - `empty`: runs for messages of zero bytes too
 * - `mime`: only for messages with a MIME structure
 * - `nice`: its score may be below zero
 * - `fine`, `ignorePassthrough`: runs though the verdict is fixed already
 * - `explicitDisable`: stays on where settings enable only some symbols
 * - `explicitEnable`: runs only where settings enable it
 * - `ghost`, `nostat`: not shown, not counted
 */
export type RuleFlag =
  | 'empty'
  | 'mime'
  | 'nice'
  | 'fine'
  | 'ignorePassthrough'
  | 'explicitDisable'
  | 'explicitEnable'
  | 'ghost'
  | 'nostat';

/** Usual priorities (rspamd: lualib/lua_util.lua, symbols_priorities). */
export const priorities = { top: 10, high: 9, medium: 5, low: 0 } as const;

/** A symbol as its rule defines it; the configuration may say otherwise. */
export interface SymbolSpec {
  /** 0 where it is left out. */
  readonly score?: number;
  readonly description?: string;
  /** Caps of all of them hold, in this order. */
  readonly groups?: readonly string[];
  /** A further hit counts only where it is heavier. */
  readonly oneShot?: true;
  /** Hits that count, where they are not as many as usual. */
  readonly shots?: number;
}

/** A check of messages. */
export interface Rule {
  /** Unique among rules and symbols, but for its own symbol. */
  readonly name: string;
  readonly stage: Stage;
  /** What it may insert, by name; nothing else can be weighed. */
  readonly symbols: Readonly<Record<string, SymbolSpec>>;
  /** Higher ones run first; after the filters lower ones do. 0 where it is left out. */
  readonly priority?: number;
  /** Rules or symbols of rules that have to be through before. A name that nobody has does not matter. */
  readonly after?: readonly string[];
  readonly flags?: readonly RuleFlag[];
  /** Whether it is to run at all; decided when its turn comes. */
  condition?(task: Task): boolean;
  /** What it throws ends this rule only. */
  run(task: Task): void | Promise<void>;
  /** How many messages it has learned, of a rule that learns; undefined where it cannot tell. */
  learned?(): Promise<LearnedMessages | undefined>;
}

/** Messages learned, of each class. */
export interface LearnedMessages {
  readonly spam: number;
  readonly ham: number;
}

/** A symbol that rules registered. */
export interface RegisteredSymbol extends SymbolSpec {
  readonly name: string;
  readonly rule: Rule;
}

/** The rules of a scanner: the one door by which they come in, whoever wrote them. */
export class RuleRegistry {
  readonly #rules = new Map<string, Rule>();
  readonly #symbols = new Map<string, RegisteredSymbol>();

  /** @throws Error where a name is taken */
  add(...rules: readonly Rule[]): this {
    for (const rule of rules) this.#add(rule);
    return this;
  }

  get rules(): Iterable<Rule> {
    return this.#rules.values();
  }

  get symbols(): ReadonlyMap<string, RegisteredSymbol> {
    return this.#symbols;
  }

  /** The rule of that name, or the one that inserts a symbol of that name. */
  ruleOf(name: string): Rule | undefined {
    return this.#rules.get(name) ?? this.#symbols.get(name)?.rule;
  }

  #add(rule: Rule): void {
    if (this.#rules.has(rule.name)) throw new Error(`there are two rules ${rule.name}`);
    this.#rules.set(rule.name, rule);
    for (const [name, spec] of Object.entries(rule.symbols)) {
      const other = this.#symbols.get(name);
      if (other !== undefined) throw new Error(`rules ${other.rule.name} and ${rule.name} both have symbol ${name}`);
      this.#symbols.set(name, { ...spec, name, rule });
    }
  }
}
