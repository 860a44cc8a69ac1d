import { caseVariants } from './case.ts';
import { setHas } from './charset.ts';
import { assertionCodes, op, type Program, wordsEach } from './program.ts';
import type { StartSet } from './start.ts';

/** `limit`: it would take too long to tell. */
export type Outcome = 'match' | 'none' | 'limit';

export interface Search {
  readonly program: Program;
  /** Groups that capture. */
  readonly groups: number;
  readonly utf: boolean;
  /** A match cannot begin between a carriage return and its line feed. */
  readonly skipsNewline: boolean;
  readonly anchored: boolean;
  readonly starts: StartSet | undefined;
}

/** A choice that can be come back to: where, and the state then. */
const entrySize = 6;
const plain = -1;
const maxEntries = 1 << 20;
const maxTrail = 1 << 22;
const maxFrames = 5000;
/** Steps that a lazy loop without an upper bound may take. */
const endless = 1 << 30;

/** Room that all searches use, one after another. */
let stack = new Int32Array(1024 * entrySize);
let trail = new Int32Array(1024);

/**
 * Backtracking with a bound on its steps. With `seen` it tries no place of the program twice at the same place of the
 * subject, which makes it linear; that holds only for programs without captures that count, lookaround and the like.
 */
export class Machine {
  readonly #search: Search;
  readonly #subject: string;
  readonly #registers: Int32Array;
  readonly #seen: Uint32Array | undefined;
  /** Places that lookaround and atomic groups go back to: height of the stack, position, and the one outside. */
  readonly #marks: number[] = [];
  readonly #frames: Array<{
    readonly back: number;
    readonly group: number;
    readonly outer: number;
    readonly registers: Int32Array;
  }> = [];
  /** Steps that are left. */
  budget: number;
  /** Where the search stands. */
  start: number;

  /** @param linear remember what was tried */
  constructor(search: Search, subject: string, start: number, budget: number, linear: boolean) {
    this.#search = search;
    this.#subject = subject;
    this.#registers = new Int32Array(search.program.registers).fill(-1);
    this.#seen = linear
      ? new Uint32Array(Math.ceil((search.program.forkCount * (subject.length + 1)) / 32) + 1)
      : undefined;
    this.start = start;
    this.budget = budget;
  }

  /** Begin and end of the match and of each group; -1 where it took no part. */
  get captures(): Int32Array {
    return this.#registers.slice(0, 2 * (this.#search.groups + 1));
  }

  /** Finds the first match at or behind `start`. */
  run(): Outcome {
    const { starts, anchored, skipsNewline, utf } = this.#search;
    const subject = this.#subject;
    const origin = this.start;
    for (;;) {
      if (starts !== undefined) {
        while (this.start < subject.length) {
          const code = subject.charCodeAt(this.start);
          if (code < 256 ? starts.low[code] === 1 : starts.high) break;
          if (anchored && this.start === 0) return 'none';
          this.start++;
        }
        if (this.start >= subject.length) return 'none';
      }
      const between =
        skipsNewline &&
        this.start > origin &&
        subject.charCodeAt(this.start - 1) === 0x0d &&
        subject.charCodeAt(this.start) === 0x0a;
      if (!between) {
        const outcome = this.#attempt(this.start);
        if (outcome !== 'none') return outcome;
      }
      if (anchored || this.start >= subject.length) return 'none';
      this.start += utf && isPair(subject, this.start) ? 2 : 1;
      if (--this.budget < 0) return 'limit';
    }
  }

  #attempt(start: number): Outcome {
    const { program, utf } = this.#search;
    const { code, sets, loops, groupLists } = program;
    const subject = this.#subject;
    const registers = this.#registers;
    const end = subject.length;
    const seen = this.#seen;
    let height = 0;
    let trailed = 0;
    let frame = -1;
    let mark = -1;
    let at = start;
    let pc = 0;
    this.#marks.length = 0;
    this.#frames.length = 0;
    registers.fill(-1);

    for (;;) {
      if (--this.budget < 0) return 'limit';
      let failed = false;
      const a = code[pc + 1] as number;
      const b = code[pc + 2] as number;
      switch (code[pc]) {
        case op.char: {
          if (at < end && (utf ? subject.codePointAt(at) : subject.charCodeAt(at)) === a) {
            at += a > 0xffff ? 2 : 1;
            pc += wordsEach;
          } else failed = true;
          break;
        }
        case op.set: {
          const width = at < end ? widthIn(sets[a] as (typeof sets)[number], subject, at, utf) : 0;
          if (width > 0) {
            at += width;
            pc += wordsEach;
          } else failed = true;
          break;
        }
        case op.jump:
          pc = a;
          break;
        case op.split: {
          if (seen !== undefined) {
            const bit = (program.forks[pc] as number) * (end + 1) + at;
            const word = seen[bit >>> 5] as number;
            const mask = 1 << (bit & 31);
            if ((word & mask) !== 0) {
              failed = true;
              break;
            }
            seen[bit >>> 5] = word | mask;
          }
          if (height >= maxEntries) return 'limit';
          push(height++, b, at, trailed, frame, mark, plain);
          pc = a;
          break;
        }
        case op.save:
          if (trailed >= maxTrail) return 'limit';
          trailed = note(trailed, a, registers);
          registers[a] = at;
          pc += wordsEach;
          break;
        case op.capture:
          if (trailed >= maxTrail) return 'limit';
          trailed = note(note(trailed, 2 * a, registers), 2 * a + 1, registers);
          registers[2 * a] = registers[b] as number;
          registers[2 * a + 1] = at;
          pc += wordsEach;
          break;
        case op.greedy:
        case op.possessive: {
          const { set, min, max } = loops[a] as (typeof loops)[number];
          const from = at;
          let least = min === 0 ? at : -1;
          let count = 0;
          while (count < max && at < end) {
            const width = widthIn(set, subject, at, utf);
            if (width === 0) break;
            at += width;
            if (++count === min) least = at;
          }
          this.budget -= (at - from) >> 3;
          if (count < min) {
            failed = true;
            break;
          }
          const isGreedy = code[pc] === op.greedy;
          pc += wordsEach;
          if (isGreedy && at > least) {
            if (height >= maxEntries) return 'limit';
            push(height++, pc, at, trailed, frame, mark, least);
          }
          break;
        }
        case op.lazy: {
          const { set, min, max } = loops[a] as (typeof loops)[number];
          let count = 0;
          for (; count < min && at < end; count++) {
            const width = widthIn(set, subject, at, utf);
            if (width === 0) break;
            at += width;
          }
          if (count < min) {
            failed = true;
            break;
          }
          const left = max === Number.POSITIVE_INFINITY ? endless : max - min;
          if (left > 0) {
            if (height >= maxEntries) return 'limit';
            push(height++, pc, at, trailed, frame, mark, -1 - left);
          }
          pc += wordsEach;
          break;
        }
        case op.assert:
          if (this.#holds(a, at)) pc += wordsEach;
          else failed = true;
          break;
        case op.look: {
          const base = height;
          if (a === 1) {
            if (height >= maxEntries) return 'limit';
            push(height++, b, at, trailed, frame, mark, plain);
          }
          this.#marks.push(base, at, mark);
          mark = this.#marks.length - 3;
          pc += wordsEach;
          break;
        }
        case op.lookEnd:
          height = this.#marks[mark] as number;
          at = this.#marks[mark + 1] as number;
          mark = this.#marks[mark + 2] as number;
          if (a === 1) failed = true;
          else pc += wordsEach;
          break;
        case op.atomic:
          this.#marks.push(height, at, mark);
          mark = this.#marks.length - 3;
          pc += wordsEach;
          break;
        case op.atomicEnd:
          height = this.#marks[mark] as number;
          mark = this.#marks[mark + 2] as number;
          pc += wordsEach;
          break;
        case op.back: {
          let count = a;
          let to = at;
          for (; count > 0 && to > 0; count--) to -= utf && to > 1 && isPair(subject, to - 2) ? 2 : 1;
          if (count > 0) failed = true;
          else {
            at = to;
            pc += wordsEach;
          }
          break;
        }
        case op.reference: {
          const group = (groupLists[a] as readonly number[]).find((one) => (registers[2 * one + 1] as number) >= 0);
          const length = group === undefined ? -1 : this.#sameText(group, at, b === 1);
          if (length < 0) failed = true;
          else {
            at += length;
            this.budget -= length >> 3;
            pc += wordsEach;
          }
          break;
        }
        case op.progress:
          pc = registers[a] === at ? b : pc + wordsEach;
          break;
        case op.unless: {
          const isSet = (groupLists[a] as readonly number[]).some((one) => (registers[2 * one + 1] as number) >= 0);
          pc = isSet ? pc + wordsEach : b;
          break;
        }
        case op.call:
          if (this.#frames.length >= maxFrames) return 'limit';
          this.#frames.push({ back: pc + wordsEach, group: a, outer: frame, registers: registers.slice() });
          frame = this.#frames.length - 1;
          pc = b;
          break;
        case op.return: {
          const called = frame < 0 ? undefined : this.#frames[frame];
          if (called === undefined || called.group !== a) {
            pc += wordsEach;
            break;
          }
          // What the groups held before the call they hold again.
          if (trailed + 2 * registers.length >= maxTrail) return 'limit';
          for (let register = 2; register < registers.length; register++) {
            const old = called.registers[register] as number;
            if (registers[register] === old) continue;
            trailed = note(trailed, register, registers);
            registers[register] = old;
          }
          pc = called.back;
          frame = called.outer;
          break;
        }
        case op.match:
          return 'match';
        default:
          failed = true;
      }
      if (!failed) continue;

      // Back to the last choice that has something left.
      for (;;) {
        if (height === 0) return 'none';
        const entry = (height - 1) * entrySize;
        const was = stack[entry + 2] as number;
        while (trailed > was) {
          trailed -= 2;
          registers[trail[trailed] as number] = trail[trailed + 1] as number;
        }
        pc = stack[entry] as number;
        at = stack[entry + 1] as number;
        frame = stack[entry + 3] as number;
        mark = stack[entry + 4] as number;
        const rest = stack[entry + 5] as number;
        if (rest === plain) {
          height--;
          break;
        }
        if (rest >= 0) {
          // A greedy loop gives one character back.
          at -= utf && at > 1 && isPair(subject, at - 2) ? 2 : 1;
          if (code[pc] === op.char) {
            const wanted = code[pc + 1] as number;
            const from = at;
            if (wanted < 0xd800) while (at > rest && subject.charCodeAt(at) !== wanted) at--;
            this.budget -= (from - at) >> 3;
          }
          if (at <= rest) {
            at = rest;
            height--;
          } else stack[entry + 1] = at;
          break;
        }
        // A lazy loop takes one character more.
        const { set } = loops[code[pc + 1] as number] as (typeof loops)[number];
        const width = at < end ? widthIn(set, subject, at, utf) : 0;
        if (width === 0) {
          height--;
          continue;
        }
        at += width;
        if (rest === -2) height--;
        else {
          stack[entry + 1] = at;
          stack[entry + 5] = rest <= -1 - endless ? rest : rest + 1;
        }
        pc += wordsEach;
        break;
      }
    }
  }

  /** @returns the length of the text of a group where it stands here too, else -1 */
  #sameText(group: number, at: number, caseless: boolean): number {
    const subject = this.#subject;
    const from = this.#registers[2 * group] as number;
    const length = (this.#registers[2 * group + 1] as number) - from;
    if (!caseless) return subject.startsWith(subject.slice(from, from + length), at) ? length : -1;
    const { utf } = this.#search;
    let here = at;
    for (let there = from; there < from + length; ) {
      const wanted = (utf ? subject.codePointAt(there) : subject.charCodeAt(there)) as number;
      const code = utf ? subject.codePointAt(here) : subject.charCodeAt(here);
      if (code === undefined || Number.isNaN(code)) return -1;
      if (code !== wanted && !caseVariants(wanted, utf).includes(code)) return -1;
      there += wanted > 0xffff ? 2 : 1;
      here += code > 0xffff ? 2 : 1;
    }
    return here - at;
  }

  #holds(assertion: number, at: number): boolean {
    const subject = this.#subject;
    switch (assertion) {
      case assertionCodes.start:
        return at === 0;
      case assertionCodes.end:
        return at === subject.length;
      case assertionCodes.endOrNewline:
        return at === subject.length || at + this.#newlineAt(at) === subject.length;
      case assertionCodes.lineStart:
        return at === 0 || (at < subject.length && this.#isBehindNewline(at));
      case assertionCodes.lineEnd:
        return at === subject.length || this.#newlineAt(at) > 0;
      default: {
        const before = at > 0 && isWord(subject.charCodeAt(at - 1));
        const behind = at < subject.length && isWord(subject.charCodeAt(at));
        return (before !== behind) === (assertion === assertionCodes.wordBoundary);
      }
    }
  }

  /** Length of the newline that is here, 0 for none. */
  #newlineAt(at: number): number {
    const code = this.#subject.charCodeAt(at);
    if (code === 0x0d) return this.#subject.charCodeAt(at + 1) === 0x0a ? 2 : 1;
    return isNewline(code, this.#search.utf) ? 1 : 0;
  }

  #isBehindNewline(at: number): boolean {
    return isNewline(this.#subject.charCodeAt(at - 1), this.#search.utf);
  }
}

function push(index: number, pc: number, at: number, trailed: number, frame: number, mark: number, rest: number): void {
  const entry = index * entrySize;
  if (entry + entrySize > stack.length) {
    const wider = new Int32Array(2 * stack.length);
    wider.set(stack);
    stack = wider;
  }
  stack[entry] = pc;
  stack[entry + 1] = at;
  stack[entry + 2] = trailed;
  stack[entry + 3] = frame;
  stack[entry + 4] = mark;
  stack[entry + 5] = rest;
}

/** Notes what a register holds, so that it can be put back. */
function note(trailed: number, register: number, registers: Int32Array): number {
  if (trailed + 2 > trail.length) {
    const wider = new Int32Array(2 * trail.length);
    wider.set(trail);
    trail = wider;
  }
  trail[trailed] = register;
  trail[trailed + 1] = registers[register] as number;
  return trailed + 2;
}

/** Length of the character here if the set has it, else 0. */
function widthIn(
  set: { readonly low: Uint8Array } & Parameters<typeof setHas>[0],
  subject: string,
  at: number,
  utf: boolean,
): number {
  const code = subject.charCodeAt(at);
  if (code < 256) return set.low[code] as number;
  if (!utf) return 0;
  const point = subject.codePointAt(at) as number;
  return setHas(set, point) ? (point > 0xffff ? 2 : 1) : 0;
}

function isPair(subject: string, at: number): boolean {
  const code = subject.charCodeAt(at);
  if (code < 0xd800 || code > 0xdbff) return false;
  const next = subject.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}

function isNewline(code: number, utf: boolean): boolean {
  return (code >= 0x0a && code <= 0x0d) || code === 0x85 || (utf && (code === 0x2028 || code === 0x2029));
}

function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f
  );
}
