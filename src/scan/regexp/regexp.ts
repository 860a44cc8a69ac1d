import { type ByteString, fromText } from '../message/index.ts';
import { type Pattern, PatternError } from './ast.ts';
import { Machine, type Outcome, type Search } from './machine.ts';
import { isRegular } from './measure.ts';
import { type NativePattern, nativeOf } from './native.ts';
import { type ParseFlags, parsePattern } from './parse.ts';
import { compileProgram, type Program } from './program.ts';
import { isAnchored, type Literal, literalOf, startSetOf } from './start.ts';
import type { Subject } from './subject.ts';

/** A match; offsets are bytes of the subject. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole, then each group; undefined where it took no part. */
  readonly groups: ReadonlyArray<ByteString | undefined>;
}

/** Steps of plain backtracking before something better is tried, whatever the subject, and for each of its characters. */
const quickSteps = 20_000;
const quickStepsEach = 4;
/** No search takes more steps (a tenth of a second or two). */
const maxSteps = 4_000_000;
/** Nor more where each place is tried once. */
const maxLinearSteps = 40_000_000;
/** Bits that may be used to remember which places were tried. */
const maxSeenBits = 128 * 1024 * 1024;
/** Places that JavaScript's own expression may look at in the worst case. */
const maxNativeSteps = 3e7;

/**
 * An expression of PCRE. Whatever the pattern and the subject, a search ends: simple patterns run as JavaScript's own
 * expressions where that is quick even at its worst, all others on a machine whose steps are counted; where the way to a
 * place does not matter no place is tried twice, so that the time is in proportion to the subject.
 */
export class Regexp {
  readonly pattern: Pattern;
  readonly #search: Search;
  readonly #literal: Literal | undefined;
  readonly #native: NativePattern | undefined;
  #tester: RegExp | undefined;
  #finder: RegExp | undefined;
  readonly #regular: boolean;
  #linear: Program | undefined;

  /**
   * @param source characters where it is UTF-8, else bytes
   * @throws PatternError
   */
  constructor(source: string, flags: ParseFlags) {
    const pattern = parsePattern(source, flags);
    const { root } = pattern;
    this.pattern = pattern;
    this.#search = {
      program: compileProgram(pattern, false),
      groups: pattern.groups,
      utf: pattern.utf,
      skipsNewline: !pattern.namesNewline,
      anchored: isAnchored(root),
      starts: startSetOf(root),
    };
    this.#literal = literalOf(root);
    this.#native = nativeOf(pattern);
    this.#regular = isRegular(root);
  }

  /** Names of groups with their numbers. */
  get names(): ReadonlyMap<string, readonly number[]> {
    return this.pattern.names;
  }

  /** Whether there is a match; none in a subject without a byte, as Rspamd has it, or in one that ought to be UTF-8 and is not. */
  test(subject: Subject): boolean {
    return this.#find(subject, 0, false) !== undefined;
  }

  /**
   * The first match at or behind an offset.
   * @param from bytes
   */
  exec(subject: Subject, from = 0): Match | undefined {
    const { utf } = this.#search;
    const text = utf ? subject.text : subject.bytes;
    const offset = utf && from > 0 ? charactersOf(subject, from) : from;
    const captures = this.#find(subject, offset, true);
    if (captures === undefined) return undefined;
    const bytes = (part: string): ByteString => (utf ? fromText(part) : part);
    const groups: Array<ByteString | undefined> = [];
    for (let at = 0; at < captures.length; at += 2) {
      const [start, end] = [captures[at] as number, captures[at + 1] as number];
      groups.push(end < 0 ? undefined : bytes(text.slice(start, end)));
    }
    const start = bytes(text.slice(0, captures[0])).length;
    return { start, end: start + (groups[0] as ByteString).length, groups };
  }

  /** @returns begin and end of the match and of each group; where nobody asks for them perhaps none of the groups */
  #find(subject: Subject, from: number, wantsGroups: boolean): ArrayLike<number> | undefined {
    const { utf } = this.#search;
    if (subject.bytes === '' || (utf && !subject.isUtf8)) return undefined;
    const text = utf ? subject.text : subject.bytes;
    if (!this.#mayMatch(subject, from)) return undefined;
    // JavaScript's expressions look between the halves of a pair.
    if (from === 0 && !(utf && subject.hasPairs) && this.#isQuick(text.length, wantsGroups))
      return this.#runNative(text, wantsGroups);
    return this.#runMachine(text, from);
  }

  #mayMatch(subject: Subject, from: number): boolean {
    const literal = this.#literal;
    if (literal === undefined) return true;
    const { utf } = this.#search;
    const where = literal.caseless ? subject.lower(utf) : utf ? subject.text : subject.bytes;
    return where.includes(literal.caseless ? literal.text.toLowerCase() : literal.text, from);
  }

  #isQuick(length: number, wantsGroups: boolean): boolean {
    const native = this.#native;
    if (native === undefined || (wantsGroups && !native.captures)) return false;
    const starts = this.#search.anchored ? 1 : length + 1;
    return native.factor * starts * (length + 1) ** native.degree <= maxNativeSteps;
  }

  #runNative(text: string, wantsGroups: boolean): ArrayLike<number> | undefined {
    const { source, flags } = this.#native as NativePattern;
    if (!wantsGroups) {
      this.#tester ??= new RegExp(source, flags);
      return this.#tester.test(text) ? [] : undefined;
    }
    this.#finder ??= new RegExp(source, `${flags}d`);
    const found = this.#finder.exec(text);
    if (found === null) return undefined;
    return (found.indices ?? []).flatMap((pair) => pair ?? [-1, -1]);
  }

  #runMachine(text: string, from: number): ArrayLike<number> | undefined {
    const quick = this.#regular ? quickSteps + quickStepsEach * text.length : maxSteps;
    const machine = new Machine(this.#search, text, from, quick, false);
    const outcome = machine.run();
    if (outcome !== 'limit' || !this.#regular) return capturesOf(machine, outcome);
    this.#linear ??= compileUnrolled(this.pattern);
    const search = { ...this.#search, program: this.#linear ?? this.#search.program };
    const fits = this.#linear !== undefined && this.#linear.forkCount * (text.length + 1) <= maxSeenBits;
    const second = new Machine(search, text, machine.start, fits ? maxLinearSteps : maxSteps, fits);
    return capturesOf(second, second.run());
  }
}

function capturesOf(machine: Machine, outcome: Outcome): ArrayLike<number> | undefined {
  return outcome === 'match' ? machine.captures : undefined;
}

/** @returns undefined where it gets too large */
function compileUnrolled(pattern: Pattern): Program | undefined {
  try {
    return compileProgram(pattern, true);
  } catch (cause) {
    if (cause instanceof PatternError) return undefined;
    throw cause;
  }
}

function charactersOf(subject: Subject, bytes: number): number {
  return Buffer.from(subject.bytes.slice(0, bytes), 'latin1').toString('utf8').length;
}
