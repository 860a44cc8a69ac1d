import { type LuaValue, runtimeError, spend } from '../../lua/index.ts';
import type { Capture, CaptureKind } from './captures.ts';

/** A match under way. */
export class Match {
  readonly subject: string;
  /** Values behind the start position in the call of `match`. */
  readonly extra: readonly LuaValue[];
  /** Captures that are complete, and whose surroundings are not. */
  captures: Capture[] = [];
  depth = 0;
  constructor(subject: string, extra: readonly LuaValue[]) {
    this.subject = subject;
    this.extra = extra;
  }
}

/** What a round of a repetition, or a rule, counts against the limits of the script. */
const bytesPerRound = 64;

/** Rules within rules; the original's stack of 400 entries holds fewer. */
const deepest = 1000;

/**
 * A parsing expression of LPeg 1.0 (http://www.inf.puc-rio.br/~roberto/lpeg/). `match` gives the offset behind the match
 * or -1; captures of a match that failed have to be dropped by who goes on after it.
 */
export abstract class Pattern {
  abstract match(state: Match, at: number): number;
  /** It may match without consuming anything; open rules count as consuming. */
  abstract readonly isNullable: boolean;
  /** Length of every match; undefined where they differ. */
  abstract readonly fixedLength: number | undefined;
  /** What it is made of. */
  readonly parts: readonly Pattern[] = [];
}

export class Literal extends Pattern {
  readonly text: string;
  constructor(text: string) {
    super();
    this.text = text;
  }
  get isNullable(): boolean {
    return this.text === '';
  }
  get fixedLength(): number {
    return this.text.length;
  }
  match({ subject }: Match, at: number): number {
    return subject.startsWith(this.text, at) ? at + this.text.length : -1;
  }
}

export class AnyCharacters extends Pattern {
  readonly count: number;
  constructor(count: number) {
    super();
    this.count = count;
  }
  get isNullable(): boolean {
    return this.count === 0;
  }
  get fixedLength(): number {
    return this.count;
  }
  match({ subject }: Match, at: number): number {
    return at + this.count <= subject.length ? at + this.count : -1;
  }
}

export class CharacterSet extends Pattern {
  /** 1 for each byte that is in. */
  readonly members: Uint8Array;
  readonly isNullable = false;
  readonly fixedLength = 1;
  constructor(members: Uint8Array) {
    super();
    this.members = members;
  }
  match({ subject }: Match, at: number): number {
    return at < subject.length && this.members[subject.charCodeAt(at)] === 1 ? at + 1 : -1;
  }
}

export class Never extends Pattern {
  readonly isNullable = false;
  readonly fixedLength = 0;
  match(): number {
    return -1;
  }
}

export class Sequence extends Pattern {
  override readonly parts: readonly Pattern[];
  constructor(first: Pattern, second: Pattern) {
    super();
    const inner = (one: Pattern): readonly Pattern[] => (one instanceof Sequence ? one.parts : [one]);
    this.parts = [...inner(first), ...inner(second)];
  }
  get isNullable(): boolean {
    return this.parts.every((one) => one.isNullable);
  }
  get fixedLength(): number | undefined {
    return this.parts.reduce<number | undefined>(
      (sum, { fixedLength }) => (sum === undefined || fixedLength === undefined ? undefined : sum + fixedLength),
      0,
    );
  }
  match(state: Match, start: number): number {
    let at = start;
    for (const part of this.parts) {
      at = part.match(state, at);
      if (at < 0) return -1;
    }
    return at;
  }
}

export class Choice extends Pattern {
  override readonly parts: readonly Pattern[];
  constructor(first: Pattern, second: Pattern) {
    super();
    const inner = (one: Pattern): readonly Pattern[] => (one instanceof Choice ? one.parts : [one]);
    this.parts = [...inner(first), ...inner(second)];
  }
  get isNullable(): boolean {
    return this.parts.some((one) => one.isNullable);
  }
  get fixedLength(): number | undefined {
    const [first, ...rest] = this.parts.map((one) => one.fixedLength);
    return rest.every((one) => one === first) ? first : undefined;
  }
  match(state: Match, at: number): number {
    const { length } = state.captures;
    for (const part of this.parts) {
      const end = part.match(state, at);
      if (end >= 0) return end;
      state.captures.length = length;
    }
    return -1;
  }
}

/** At least, or at most, so many times. */
export class Repetition extends Pattern {
  override readonly parts: readonly Pattern[];
  readonly #body: Pattern;
  readonly #least: number;
  readonly #most: number;
  constructor(body: Pattern, least: number, most: number) {
    super();
    this.#body = body;
    this.#least = least;
    this.#most = most;
    this.parts = [body];
  }
  get isNullable(): boolean {
    return this.#least === 0 || this.#body.isNullable;
  }
  get fixedLength(): number | undefined {
    return undefined;
  }
  match(state: Match, start: number): number {
    let at = start;
    for (let count = 0; count < this.#most; count++) {
      spend(bytesPerRound);
      const { length } = state.captures;
      const end = this.#body.match(state, at);
      if (end < 0) {
        state.captures.length = length;
        return count >= this.#least ? at : -1;
      }
      if (end === at && count >= this.#least) return at;
      at = end;
    }
    return at;
  }
}

/** Looks ahead without consuming: `#p` and `-p`. */
export class LookAhead extends Pattern {
  override readonly parts: readonly Pattern[];
  readonly isNegative: boolean;
  readonly isNullable = true;
  readonly fixedLength = 0;
  readonly #body: Pattern;
  constructor(body: Pattern, isNegative: boolean) {
    super();
    this.#body = body;
    this.isNegative = isNegative;
    this.parts = [body];
  }
  match(state: Match, at: number): number {
    const { length } = state.captures;
    const end = this.#body.match(state, at);
    if (this.isNegative) {
      state.captures.length = length;
      return end < 0 ? at : -1;
    }
    return end < 0 ? -1 : at;
  }
}

export class LookBehind extends Pattern {
  override readonly parts: readonly Pattern[];
  readonly isNullable = true;
  readonly fixedLength = 0;
  readonly #body: Pattern;
  readonly #length: number;
  constructor(body: Pattern, length: number) {
    super();
    this.#body = body;
    this.#length = length;
    this.parts = [body];
  }
  match(state: Match, at: number): number {
    return at >= this.#length && this.#body.match(state, at - this.#length) >= 0 ? at : -1;
  }
}

/** `V(name)`: found in the grammar around it when that is made. */
export class RuleCall extends Pattern {
  readonly name: LuaValue;
  rule: Rule | undefined = undefined;
  readonly isNullable = false;
  readonly fixedLength = undefined;
  constructor(name: LuaValue) {
    super();
    this.name = name;
  }
  match(state: Match, at: number): number {
    if (this.rule === undefined) throw runtimeError('reference to rule outside a grammar');
    return this.rule.match(state, at);
  }
}

export class Rule {
  readonly name: LuaValue;
  readonly body: Pattern;
  constructor(name: LuaValue, body: Pattern) {
    this.name = name;
    this.body = body;
  }
  match(state: Match, at: number): number {
    if (++state.depth > deepest) throw runtimeError(`backtrack stack overflow (current limit is ${deepest})`);
    spend(bytesPerRound);
    const end = this.body.match(state, at);
    state.depth--;
    return end;
  }
}

export class Grammar extends Pattern {
  override readonly parts: readonly Pattern[];
  readonly #first: Rule;
  constructor(first: Rule, rules: readonly Rule[]) {
    super();
    this.#first = first;
    this.parts = rules.map((rule) => rule.body);
  }
  get isNullable(): boolean {
    return this.#first.body.isNullable;
  }
  get fixedLength(): number | undefined {
    return undefined;
  }
  match(state: Match, at: number): number {
    return this.#first.match(state, at);
  }
}

/** A capture around a pattern, which may match nothing. */
export class Capturing extends Pattern {
  override readonly parts: readonly Pattern[];
  readonly kind: CaptureKind;
  /** What the kind needs: a name, function, table, text or number, or the values of a constant capture. */
  readonly value: LuaValue | readonly LuaValue[];
  readonly #body: Pattern;
  constructor(kind: CaptureKind, body: Pattern, value: LuaValue | readonly LuaValue[]) {
    super();
    this.kind = kind;
    this.value = value;
    this.#body = body;
    this.parts = [body];
  }
  get isNullable(): boolean {
    return this.#body.isNullable;
  }
  get fixedLength(): number | undefined {
    return this.#body.fixedLength;
  }
  match(state: Match, start: number): number {
    const { captures } = state;
    const { length } = captures;
    const end = this.#body.match(state, start);
    if (end < 0) return -1;
    const inner = length === captures.length ? none : captures.splice(length);
    captures.push({ kind: this.kind, value: this.value, start, end, inner });
    return end;
  }
}

const none: readonly Capture[] = [];

/** `Cmt`: a function decides at once whether there is a match, and what it captures. */
export class Decided extends Pattern {
  override readonly parts: readonly Pattern[];
  readonly isNullable = true;
  readonly fixedLength = undefined;
  readonly #body: Pattern;
  readonly #decide: Decision;
  constructor(body: Pattern, decide: Decision) {
    super();
    this.#body = body;
    this.#decide = decide;
    this.parts = [body];
  }
  match(state: Match, start: number): number {
    const { captures } = state;
    const { length } = captures;
    const end = this.#body.match(state, start);
    if (end < 0) return -1;
    const inner = captures.splice(length);
    return this.#decide(state, start, end, inner);
  }
}

/** Gives the end of the match or -1, and adds captures. */
export type Decision = (state: Match, start: number, end: number, inner: readonly Capture[]) => number;
