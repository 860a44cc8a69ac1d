import { luaLimits } from './budget.ts';
import { type LuaToken, tokenizeLua } from './lexer.ts';
import { LuaError } from './values.ts';

export type LuaNode =
  | { readonly kind: 'constant'; readonly value: undefined | boolean | number | string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly object: LuaNode; readonly key: LuaNode }
  | { readonly kind: 'call'; readonly callee: LuaNode; readonly args: readonly LuaNode[] }
  | { readonly kind: 'method'; readonly object: LuaNode; readonly name: string; readonly args: readonly LuaNode[] }
  | { readonly kind: 'table'; readonly fields: readonly LuaField[] }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: LuaNode }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: LuaNode; readonly right: LuaNode }
  | { readonly kind: 'one'; readonly inner: LuaNode }
  | { readonly kind: 'rest' };

export interface LuaField {
  /** Undefined for the next place of the list. */
  readonly key: LuaNode | undefined;
  readonly value: LuaNode;
}

/** A statement of `{% do … %}`: a call, or an assignment. */
export type LuaStatement =
  | { readonly kind: 'call'; readonly call: LuaNode }
  | { readonly kind: 'assign'; readonly targets: readonly LuaNode[]; readonly values: readonly LuaNode[] };

/** How strongly operators bind, to the left and to the right: `..` and `^` are right-associative. */
const binding: Readonly<Record<string, readonly [left: number, right: number]>> = {
  or: [1, 1],
  and: [2, 2],
  '<': [3, 3],
  '>': [3, 3],
  '<=': [3, 3],
  '>=': [3, 3],
  '~=': [3, 3],
  '==': [3, 3],
  '..': [5, 4],
  '+': [6, 6],
  '-': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '^': [10, 9],
};
const unaryBinding = 8;

/** Parses a list of expressions separated by commas; none for an empty text. */
export function parseExpressions(source: string): LuaNode[] {
  const parser = new ExpressionParser(tokenizeLua(source));
  const list = parser.atEnd() ? [] : parser.list();
  parser.end();
  return list;
}

/** Parses calls and assignments. */
export function parseStatements(source: string): LuaStatement[] {
  const parser = new ExpressionParser(tokenizeLua(source));
  const statements: LuaStatement[] = [];
  while (!parser.atEnd()) {
    statements.push(parser.statement());
    while (parser.accept(';'));
  }
  return statements;
}

class ExpressionParser {
  readonly #tokens: readonly LuaToken[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly LuaToken[]) {
    this.#tokens = tokens;
  }

  get #now(): LuaToken {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '<eof>', number: 0 };
  }

  #next(): LuaToken {
    const token = this.#now;
    this.#at++;
    return token;
  }

  atEnd(): boolean {
    return this.#now.kind === 'end';
  }

  #is(text: string): boolean {
    return (this.#now.kind === 'symbol' || this.#now.kind === 'keyword') && this.#now.text === text;
  }

  accept(text: string): boolean {
    const found = this.#is(text);
    if (found) this.#at++;
    return found;
  }

  #expect(text: string): void {
    if (!this.accept(text)) throw new LuaError(`'${text}' expected near '${this.#now.text}'`);
  }

  end(): void {
    if (!this.atEnd()) throw new LuaError(`'<eof>' expected near '${this.#now.text}'`);
  }

  #name(): string {
    if (this.#now.kind !== 'name') throw new LuaError(`<name> expected near '${this.#now.text}'`);
    return this.#next().text;
  }

  list(): LuaNode[] {
    const list = [this.expression()];
    while (this.accept(',')) list.push(this.expression());
    return list;
  }

  statement(): LuaStatement {
    const first = this.#suffixed();
    if (first.kind === 'call' || first.kind === 'method') return { kind: 'call', call: first };
    const targets: LuaNode[] = [first];
    while (this.accept(',')) targets.push(this.#suffixed());
    this.#expect('=');
    if (targets.some((one) => one.kind !== 'name' && one.kind !== 'index')) {
      throw new LuaError(`syntax error near '${this.#now.text}'`);
    }
    return { kind: 'assign', targets, values: this.list() };
  }

  expression(limit = 0): LuaNode {
    if (++this.#depth > luaLimits.syntax) throw new LuaError('chunk has too many syntax levels');
    let left = this.#unary();
    for (let row = 0; ; row++) {
      if (row > luaLimits.row) throw new LuaError('an expression is too long');
      const { kind, text } = this.#now;
      const power = kind === 'symbol' || kind === 'keyword' ? binding[text] : undefined;
      if (power === undefined || power[0] <= limit) break;
      this.#at++;
      left = { kind: 'binary', operator: text, left, right: this.expression(power[1]) };
    }
    this.#depth--;
    return left;
  }

  #unary(): LuaNode {
    for (const operator of ['not', '-', '#']) {
      if (this.accept(operator)) return { kind: 'unary', operator, operand: this.expression(unaryBinding) };
    }
    return this.#simple();
  }

  #simple(): LuaNode {
    const { kind, text, number } = this.#now;
    if (kind === 'number' || kind === 'string') {
      this.#at++;
      return { kind: 'constant', value: kind === 'number' ? number : text };
    }
    if (this.accept('nil')) return { kind: 'constant', value: undefined };
    if (this.accept('true')) return { kind: 'constant', value: true };
    if (this.accept('false')) return { kind: 'constant', value: false };
    if (this.accept('...')) return { kind: 'rest' };
    if (this.#is('{')) return this.#table();
    if (this.#is('function')) throw new LuaError("functions cannot be written in templates here near 'function'");
    return this.#suffixed();
  }

  #suffixed(): LuaNode {
    let node = this.#primary();
    for (let row = 0; ; row++) {
      if (row > luaLimits.row) throw new LuaError('an expression is too long');
      if (this.accept('.')) {
        node = { kind: 'index', object: node, key: { kind: 'constant', value: this.#name() } };
      } else if (this.accept('[')) {
        node = { kind: 'index', object: node, key: this.expression() };
        this.#expect(']');
      } else if (this.accept(':')) {
        const name = this.#name();
        node = { kind: 'method', object: node, name, args: this.#arguments() };
      } else if (this.#is('(') || this.#is('{') || this.#now.kind === 'string') {
        node = { kind: 'call', callee: node, args: this.#arguments() };
      } else {
        return node;
      }
    }
  }

  #primary(): LuaNode {
    if (this.#now.kind === 'name') return { kind: 'name', name: this.#next().text };
    if (!this.accept('(')) throw new LuaError(`unexpected symbol near '${this.#now.text}'`);
    const inner = this.expression();
    this.#expect(')');
    return { kind: 'one', inner };
  }

  #arguments(): LuaNode[] {
    if (this.#now.kind === 'string') return [{ kind: 'constant', value: this.#next().text }];
    if (this.#is('{')) return [this.#table()];
    this.#expect('(');
    if (this.accept(')')) return [];
    const list = this.list();
    this.#expect(')');
    return list;
  }

  #table(): LuaNode {
    this.#expect('{');
    const fields: LuaField[] = [];
    while (!this.#is('}')) {
      fields.push(this.#field());
      if (!this.accept(',') && !this.accept(';')) break;
    }
    this.#expect('}');
    return { kind: 'table', fields };
  }

  #field(): LuaField {
    if (this.accept('[')) {
      const key = this.expression();
      this.#expect(']');
      this.#expect('=');
      return { key, value: this.expression() };
    }
    const following = this.#tokens[this.#at + 1];
    if (this.#now.kind === 'name' && following?.kind === 'symbol' && following.text === '=') {
      const key: LuaNode = { kind: 'constant', value: this.#name() };
      this.#expect('=');
      return { key, value: this.expression() };
    }
    return { key: undefined, value: this.expression() };
  }
}
