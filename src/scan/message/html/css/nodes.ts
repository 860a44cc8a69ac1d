import type { ByteString } from '../../bytes.ts';
import { type Token, Tokenizer, type TokenType } from './tokens.ts';

/** What a style sheet consists of. */
export type CssNode =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'function'; readonly name: ByteString; readonly args: readonly Token[] }
  | { readonly kind: 'block'; readonly nodes: CssNode[] }
  | { readonly kind: 'rule'; readonly nodes: CssNode[] };

const maxNesting = 20;

/** Rules and at-rules of a style sheet (rspamd: src/libserver/css/css_parser.cxx:consume_css_blocks). */
export function parseSheet(css: ByteString): CssNode[] {
  return new NodeParser(css).rules();
}

/** Declarations as an attribute has them (rspamd: src/libserver/css/css_parser.cxx:consume_css_rule). */
export function parseDeclarationNodes(css: ByteString): CssNode[] {
  return new NodeParser(css).components();
}

const closing = new Map<TokenType, TokenType>([
  ['{', '}'],
  ['(', ')'],
  ['[', ']'],
]);

class NodeParser {
  readonly #tokens: Tokenizer;
  #depth = 0;
  #ended = false;

  constructor(css: ByteString) {
    this.#tokens = new Tokenizer(css);
  }

  rules(): CssNode[] {
    const rules: CssNode[] = [];
    let going = true;
    while (going && !this.#ended) {
      const token = this.#next();
      if (token.type === 'blank' || token.type === 'end') continue;
      this.#tokens.pushBack(token);
      going = this.#rule(rules, token.type === 'at');
    }
    return rules;
  }

  components(): CssNode[] {
    const nodes: CssNode[] = [];
    let going = true;
    while (going && !this.#ended) {
      const token = this.#next();
      if (token.type === 'blank' || token.type === 'end') continue;
      this.#tokens.pushBack(token);
      going = this.#component(nodes);
    }
    return nodes;
  }

  #next(): Token {
    const token = this.#tokens.next();
    if (token.type === 'end') this.#ended = true;
    return token;
  }

  /** @returns false where the nesting is too deep: nothing more is read then */
  #rule(rules: CssNode[], isAt: boolean): boolean {
    if (++this.#depth > maxNesting) return false;
    const nodes: CssNode[] = [];
    let ok = true;
    let open = true;
    while (ok && open && !this.#ended) {
      const token = this.#next();
      if (token.type === 'blank' || token.type === 'comment' || token.type === 'end') continue;
      if (token.type === '{') {
        ok = this.#block(nodes);
        open = false;
      } else if (isAt && token.type === ';') {
        open = false;
      } else {
        this.#tokens.pushBack(token);
        ok = this.#component(nodes);
      }
    }
    if (ok) rules.push({ kind: 'rule', nodes });
    this.#depth--;
    return ok;
  }

  /** What stands in braces. */
  #block(into: CssNode[]): boolean {
    if (++this.#depth > maxNesting) return false;
    const nodes: CssNode[] = [];
    const ok = this.#until('}', nodes);
    if (ok) into.push({ kind: 'block', nodes });
    this.#depth--;
    return ok;
  }

  #until(end: TokenType, nodes: CssNode[]): boolean {
    let ok = true;
    while (ok && !this.#ended) {
      const token = this.#next();
      if (token.type === end) break;
      if (token.type === 'blank' || token.type === 'end') continue;
      this.#tokens.pushBack(token);
      ok = this.#component(nodes);
    }
    return ok;
  }

  #component(into: CssNode[]): boolean {
    if (++this.#depth > maxNesting) return false;
    let node: CssNode | undefined;
    let ok = true;
    while (node === undefined && ok && !this.#ended) {
      const token = this.#next();
      const end = closing.get(token.type);
      if (token.type === 'blank' || token.type === 'end') continue;
      if (end !== undefined) {
        node = { kind: 'block', nodes: [] };
        ok = this.#until(end, node.nodes);
      } else if (token.type === 'function') {
        const args = this.#arguments();
        ok = args !== undefined;
        node = { kind: 'function', name: token.text, args: args ?? [] };
      } else {
        node = { kind: 'token', token };
      }
    }
    if (ok && node !== undefined) into.push(node);
    this.#depth--;
    return ok;
  }

  /** Tokens up to the closing bracket; undefined where the nesting is too deep. */
  #arguments(): Token[] | undefined {
    if (++this.#depth > maxNesting) return undefined;
    const args: Token[] = [];
    while (!this.#ended) {
      const token = this.#next();
      if (token.type === ')') break;
      if (!separators.has(token.type)) args.push(token);
    }
    this.#depth--;
    return args;
  }
}

const separators = new Set<TokenType>(['blank', ',', 'delim', '(', 'end']);
