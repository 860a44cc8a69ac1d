export type UnaryOperator = '!';
export type BinaryOperator = '-' | '/' | '>' | '<' | '>=' | '<=' | '==' | '!=';
export type ChainOperator = '&' | '|' | '+' | '*';

export type ExpressionNode<A> =
  | { readonly kind: 'atom'; readonly atom: A; readonly negated: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'not'; readonly operand: ExpressionNode<A> }
  | { readonly kind: 'chain'; readonly operator: ChainOperator; readonly operands: readonly ExpressionNode<A>[] }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly operands: readonly ExpressionNode<A>[] };

/** A condition over atoms of whatever kind: `A & (B | !C)`, `A + B + C > 2`. */
export interface Expression<A> {
  readonly root: ExpressionNode<A>;
  /** In the order of the text. */
  readonly atoms: readonly { readonly atom: A; readonly negated: boolean }[];
}

/**
 * Reads one atom at an offset.
 * @returns the atom and how many characters it takes
 * @throws Error that says what is wrong with it
 */
export type AtomParser<A> = (text: string, at: number) => { readonly atom: A; readonly length: number };

const priorities: Readonly<Record<UnaryOperator | BinaryOperator | ChainOperator, number>> = {
  '!': 7,
  '*': 6,
  '/': 6,
  '+': 5,
  '-': 5,
  '>=': 4,
  '>': 4,
  '<=': 4,
  '<': 4,
  '==': 4,
  '!=': 4,
  '&': 3,
  '|': 2,
};

const numberAhead = /(?:[+-]?[0-9]*\.?[0-9]+)(?=\s|\)|$)/y;
const maxDepth = 200;

/**
 * Reads an expression; operators are `& | ! + - * / < > <= >= == !=`, the doubled forms and the words of the logical
 * ones (rspamd: src/libutil/expression.c:rspamd_parse_expression).
 * @throws Error that says what is wrong
 */
export function parseExpression<A>(text: string, parseAtom: AtomParser<A>): Expression<A> {
  return new Parser(text, parseAtom).run();
}

class Parser<A> {
  readonly #text: string;
  readonly #parseAtom: AtomParser<A>;
  readonly #atoms: { readonly atom: A; readonly negated: boolean }[] = [];
  #at = 0;
  #depth = 0;
  #negations = 0;

  constructor(text: string, parseAtom: AtomParser<A>) {
    this.#text = text;
    this.#parseAtom = parseAtom;
  }

  run(): Expression<A> {
    const root = this.#level(1, false);
    this.#blanks();
    if (this.#at < this.#text.length)
      throw new Error(this.#text[this.#at] === ')' ? 'a bracket is closed that was not opened' : this.#unexpected());
    return { root, atoms: this.#atoms };
  }

  /** Operators of equal priority bind to the right, as the original has it. @param mayBeNumber an operator stands before */
  #level(lowest: number, mayBeNumber: boolean): ExpressionNode<A> {
    if (++this.#depth > maxDepth) throw new Error(`it is nested more than ${maxDepth} levels deep`);
    let left = this.#operand(mayBeNumber);
    for (;;) {
      const found = this.#operator();
      if (found === undefined || found.operator === '!' || priorities[found.operator] < lowest) break;
      const { operator } = found;
      this.#at += found.length;
      const right = this.#level(priorities[operator], operator !== '&' && operator !== '|');
      left = combine(operator, left, right);
    }
    this.#depth--;
    return left;
  }

  #operand(mayBeNumber: boolean): ExpressionNode<A> {
    this.#blanks();
    if (this.#at >= this.#text.length) throw new Error('an operand is missing at its end');
    if (this.#text[this.#at] === '(') return this.#bracket();
    const found = this.#operator();
    if (found?.operator === '!') {
      this.#at += found.length;
      this.#negations++;
      const operand = this.#level(priorities['!'], false);
      this.#negations--;
      return { kind: 'not', operand };
    }
    if (mayBeNumber) {
      numberAhead.lastIndex = this.#at;
      const number = numberAhead.exec(this.#text)?.[0];
      if (number !== undefined) {
        this.#at += number.length;
        return { kind: 'number', value: Number(number) };
      }
    }
    if (found !== undefined) throw new Error(this.#unexpected());
    return this.#atom();
  }

  #bracket(): ExpressionNode<A> {
    this.#at++;
    const inner = this.#level(1, false);
    this.#blanks();
    if (this.#text[this.#at] !== ')') throw new Error('a bracket is not closed');
    this.#at++;
    return inner;
  }

  #atom(): ExpressionNode<A> {
    const { atom, length } = this.#parseAtom(this.#text, this.#at);
    if (length === 0) throw new Error(this.#unexpected());
    this.#at += length;
    const node = { atom, negated: this.#negations > 0 };
    this.#atoms.push(node);
    return { kind: 'atom', ...node };
  }

  /** The operator here, if there is one; `-` needs a blank behind it, `/` a number, and a colon makes any one a name. */
  #operator():
    | { readonly operator: UnaryOperator | BinaryOperator | ChainOperator; readonly length: number }
    | undefined {
    this.#blanks();
    const rest = this.#text.slice(this.#at, this.#at + 4).toLowerCase();
    if (/^and\s/.test(rest)) return { operator: '&', length: 3 };
    if (/^not\s/.test(rest)) return { operator: '!', length: 3 };
    if (/^or\s/.test(rest)) return { operator: '|', length: 2 };
    const [first = '', second = ''] = rest;
    if (second === ':') return undefined;
    switch (first) {
      case '&':
      case '|':
        return { operator: first, length: second === first ? 2 : 1 };
      case '!':
        return second === '=' ? { operator: '!=', length: 2 } : { operator: '!', length: 1 };
      case '>':
      case '<':
        return second === '=' ? { operator: `${first}=`, length: 2 } : { operator: first, length: 1 };
      case '=':
        return second === '=' ? { operator: '==', length: 2 } : undefined;
      case '+':
      case '*':
        return { operator: first, length: 1 };
      case '-':
        return /\s/.test(second) || second === '' ? { operator: '-', length: 1 } : undefined;
      case '/': {
        numberAhead.lastIndex = this.#at + 1 + (/^\s*/.exec(this.#text.slice(this.#at + 1))?.[0].length ?? 0);
        return numberAhead.test(this.#text) ? { operator: '/', length: 1 } : undefined;
      }
      default:
        return undefined;
    }
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #unexpected(): string {
    return `${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))} is not expected there`;
  }
}

function combine<A>(
  operator: BinaryOperator | ChainOperator,
  left: ExpressionNode<A>,
  right: ExpressionNode<A>,
): ExpressionNode<A> {
  if (operator !== '&' && operator !== '|' && operator !== '+' && operator !== '*')
    return { kind: 'binary', operator, operands: [left, right] };
  type Chain = Extract<ExpressionNode<A>, { kind: 'chain' }>;
  const isSame = (node: ExpressionNode<A>): node is Chain => node.kind === 'chain' && node.operator === operator;
  if (isSame(left)) return { kind: 'chain', operator, operands: [...left.operands, right] };
  return { kind: 'chain', operator, operands: [left, ...(isSame(right) ? right.operands : [right])] };
}
