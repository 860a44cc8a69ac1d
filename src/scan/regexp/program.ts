import { type Node, type Pattern, PatternError } from './ast.ts';
import { type CharSet, onlyCharacter } from './charset.ts';
import { calledGroups, widthOf } from './measure.ts';

/** Instructions of the machine. Each has two operands, `a` and `b`. */
export const op = {
  /** Character `a`. */
  char: 0,
  /** Any of set `a`. */
  set: 1,
  /** Go on at `a`. */
  jump: 2,
  /** Try `a`, and if that fails `b`. */
  split: 3,
  /** Note the place in register `a`. */
  save: 4,
  /** Group `a` ends here; it began where register `b` says. */
  capture: 21,
  /** As many characters of a set as there are, then fewer: loop `a`. */
  greedy: 5,
  /** As few as need be, then more. */
  lazy: 6,
  /** As many as there are. */
  possessive: 7,
  /** Assertion `a`. */
  assert: 8,
  /** What is from here to `lookEnd` ahead or behind, `b` where it goes on; `a` 1 where it must not be. */
  look: 9,
  lookEnd: 10,
  /** From here to `atomicEnd` only the first way counts. */
  atomic: 11,
  atomicEnd: 12,
  /** The text of groups `a`; `b` 1 without regard to case. */
  reference: 13,
  /** Back by `a` characters. */
  back: 14,
  /** Leave the loop at `b` where register `a` says that nothing was matched since. */
  progress: 15,
  /** Go on at `b` unless one of groups `a` is set. */
  unless: 16,
  /** Group `a` once more: its code begins at `b`. */
  call: 17,
  /** Back to the caller of group `a`, if there is one. */
  return: 18,
  fail: 19,
  match: 20,
} as const;

export interface Loop {
  readonly set: CharSet;
  readonly min: number;
  readonly max: number;
}

export interface Program {
  readonly code: Int32Array;
  readonly sets: readonly CharSet[];
  readonly loops: readonly Loop[];
  readonly groupLists: ReadonlyArray<readonly number[]>;
  /** Two for each group, the whole match the first, then those of loops. */
  readonly registers: number;
  /** For each instruction the number of its place among those where ways part; -1 for others. */
  readonly forks: Int32Array;
  readonly forkCount: number;
}

/** Codes of the assertions, operands of `assert`. */
export const assertionCodes = {
  start: 0,
  end: 1,
  endOrNewline: 2,
  lineStart: 3,
  lineEnd: 4,
  wordBoundary: 5,
  noWordBoundary: 6,
} as const;

const maxInstructions = 60_000;
/** An instruction with its operands. */
export const wordsEach = 3;

/**
 * @param unrolled loops of single characters become forks too, so that each place is tried once
 * @throws PatternError
 */
export function compileProgram(pattern: Pattern, unrolled: boolean): Program {
  return new Compiler(pattern, unrolled).compile();
}

class Compiler {
  readonly #pattern: Pattern;
  readonly #unrolled: boolean;
  readonly #code: number[] = [];
  readonly #sets: CharSet[] = [];
  readonly #setNumbers = new Map<CharSet, number>();
  readonly #loops: Loop[] = [];
  readonly #groupLists: Array<readonly number[]> = [];
  readonly #groupStarts: number[] = [];
  readonly #calls: number[] = [];
  readonly #called: ReadonlySet<number>;
  #registers: number;

  constructor(pattern: Pattern, unrolled: boolean) {
    this.#pattern = pattern;
    this.#unrolled = unrolled;
    this.#called = calledGroups(pattern.root);
    this.#registers = 2 * (pattern.groups + 1);
  }

  compile(): Program {
    this.#groupStarts[0] = 0;
    this.#emit(op.save, 0);
    this.#node(this.#pattern.root);
    this.#emit(op.return, 0);
    this.#emit(op.save, 1);
    this.#emit(op.match);
    for (const at of this.#calls) this.#code[at + 2] = this.#groupStarts[this.#code[at + 1] as number] as number;
    const code = Int32Array.from(this.#code);
    const forks = new Int32Array(code.length).fill(-1);
    let forkCount = 0;
    for (let at = 0; at < code.length; at += wordsEach) if (code[at] === op.split) forks[at] = forkCount++;
    return {
      code,
      sets: this.#sets,
      loops: this.#loops,
      groupLists: this.#groupLists,
      registers: this.#registers,
      forks,
      forkCount,
    };
  }

  get #here(): number {
    return this.#code.length;
  }

  #emit(code: number, a = 0, b = 0): number {
    const at = this.#here;
    if (at >= wordsEach * maxInstructions) throw new PatternError('regular expression is too large', 0);
    this.#code.push(code, a, b);
    return at;
  }

  #patch(at: number, operand: 1 | 2, value = this.#here): void {
    this.#code[at + operand] = value;
  }

  #setNumber(set: CharSet): number {
    let number = this.#setNumbers.get(set);
    if (number === undefined) {
      number = this.#sets.push(set) - 1;
      this.#setNumbers.set(set, number);
    }
    return number;
  }

  #node(node: Node): void {
    switch (node.type) {
      case 'empty':
        break;
      case 'fail':
        this.#emit(op.fail);
        break;
      case 'accept':
        this.#emit(op.save, 1);
        this.#emit(op.match);
        break;
      case 'set':
        this.#single(node.set);
        break;
      case 'sequence':
        for (const item of node.items) this.#node(item);
        break;
      case 'choice':
        this.#choice(node.items);
        break;
      case 'repeat':
        this.#repeat(node);
        break;
      case 'capture':
        this.#capture(node);
        if (this.#called.has(node.group)) this.#emit(op.return, node.group);
        break;
      case 'atomic':
        this.#emit(op.atomic);
        this.#node(node.body);
        this.#emit(op.atomicEnd);
        break;
      case 'look':
        this.#look(node);
        break;
      case 'assert':
        this.#emit(op.assert, assertionCodes[node.kind]);
        break;
      case 'keep':
        this.#emit(op.save, 0);
        break;
      case 'reference':
        this.#emit(op.reference, this.#groupLists.push(node.groups) - 1, Number(node.caseless));
        break;
      case 'condition':
        this.#condition(node);
        break;
      case 'back':
        this.#emit(op.back, node.count);
        break;
      case 'call':
        this.#calls.push(this.#emit(op.call, node.group));
        break;
    }
  }

  /** What the group held before holds until it ends. */
  #capture({ group, body }: Node & { type: 'capture' }): void {
    this.#groupStarts[group] ??= this.#here;
    const register = this.#registers++;
    this.#emit(op.save, register);
    this.#node(body);
    this.#emit(op.capture, group, register);
  }

  #single(set: CharSet): void {
    const only = onlyCharacter(set);
    if (only === undefined) this.#emit(op.set, this.#setNumber(set));
    else this.#emit(op.char, only);
  }

  #choice(items: readonly Node[]): void {
    const ends: number[] = [];
    for (const [at, item] of items.entries()) {
      if (at === items.length - 1) {
        this.#node(item);
        break;
      }
      const split = this.#emit(op.split, this.#here + wordsEach);
      this.#node(item);
      ends.push(this.#emit(op.jump));
      this.#patch(split, 2);
    }
    for (const end of ends) this.#patch(end, 1);
  }

  #repeat(node: Node & { type: 'repeat' }): void {
    const { body, min, max, mode } = node;
    if (max === 0) return;
    if (body.type === 'set' && !this.#unrolled) {
      const loop = this.#loops.push({ set: body.set, min, max }) - 1;
      this.#emit(op[mode], loop);
      return;
    }
    if (mode === 'possessive') {
      this.#node({ type: 'atomic', body: { ...node, mode: 'greedy' } });
      return;
    }
    const isEndless = max === Number.POSITIVE_INFINITY;
    for (let round = isEndless ? 1 : 0; round < min; round++) this.#node(body);
    if (!isEndless) this.#optional(body, max - min, mode);
    else if (min === 0) this.#endless(body, mode);
    else this.#endlessAfterOne(body, mode);
  }

  #endless(body: Node, mode: 'greedy' | 'lazy'): void {
    const canBeEmpty = widthOf(body).min === 0;
    const split = this.#emit(op.split);
    const into = mode === 'greedy' ? 1 : 2;
    this.#patch(split, into);
    const register = canBeEmpty ? this.#registers++ : -1;
    if (canBeEmpty) this.#emit(op.save, register);
    this.#node(body);
    const progress = canBeEmpty ? this.#emit(op.progress, register) : -1;
    this.#emit(op.jump, split);
    this.#patch(split, into === 1 ? 2 : 1);
    if (canBeEmpty) this.#patch(progress, 2);
  }

  /** A first round without which it goes no further; where that matches nothing there is no second. */
  #endlessAfterOne(body: Node, mode: 'greedy' | 'lazy'): void {
    const start = this.#here;
    const canBeEmpty = widthOf(body).min === 0;
    const register = canBeEmpty ? this.#registers++ : -1;
    if (canBeEmpty) this.#emit(op.save, register);
    this.#node(body);
    const progress = canBeEmpty ? this.#emit(op.progress, register) : -1;
    const split = this.#emit(op.split);
    this.#patch(split, mode === 'greedy' ? 1 : 2, start);
    this.#patch(split, mode === 'greedy' ? 2 : 1);
    if (canBeEmpty) this.#patch(progress, 2);
  }

  #optional(body: Node, count: number, mode: 'greedy' | 'lazy'): void {
    const splits: number[] = [];
    for (let round = 0; round < count; round++) {
      const split = this.#emit(op.split);
      this.#patch(split, mode === 'greedy' ? 1 : 2);
      splits.push(split);
      this.#node(body);
    }
    for (const split of splits) this.#patch(split, mode === 'greedy' ? 2 : 1);
  }

  #look({ behind, negative, body }: Node & { type: 'look' }): void {
    const look = this.#emit(op.look, Number(negative));
    const branches = body.type === 'choice' ? body.items : [body];
    if (behind) this.#choice(branches.map((branch) => ({ type: 'sequence', items: [backTo(branch), branch] })));
    else this.#node(body);
    this.#emit(op.lookEnd, Number(negative));
    this.#patch(look, 2);
  }

  #condition({ test, yes, no }: Node & { type: 'condition' }): void {
    if (test.type === 'define') {
      const over = this.#emit(op.jump);
      this.#node(yes);
      this.#patch(over, 1);
      return;
    }
    if (test.type === 'look') {
      const look = test.look as Node & { type: 'look' };
      const inverse: Node = { ...look, negative: !look.negative };
      this.#choice([
        { type: 'sequence', items: [look, yes] },
        { type: 'sequence', items: [inverse, no] },
      ]);
      return;
    }
    const unless = this.#emit(op.unless, this.#groupLists.push(test.groups) - 1);
    this.#node(yes);
    const over = this.#emit(op.jump);
    this.#patch(unless, 2);
    this.#node(no);
    this.#patch(over, 1);
  }
}

/** The place that a branch has to begin at to end here. */
function backTo(branch: Node): Node {
  const { min, max } = widthOf(branch);
  if (min !== max) throw new PatternError('lookbehind assertion is not fixed length', 0);
  return { type: 'back', count: min };
}
