import { luaLimits } from '../lua/index.ts';
import { type Body, type Branch, TemplateError, type TemplateNode } from './nodes.ts';

/**
 * Parses a template (rspamd: contrib/lua-lupa/lupa.lua:M.configure, with Rspamd's delimiters from
 * lualib/lua_util.lua).
 */
export function parseTemplate(source: string): Body {
  const parser = new TemplateParser(source);
  const body = parser.body();
  parser.atEnd();
  return body;
}

/** A template's text with plain newlines, as all of it is read. */
export function plainNewlines(text: string): string {
  return text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text;
}

const space = /[ \t\n\v\f\r]*/y;
const tagEnd = /[ \t\n\v\f\r]*(-?)%\}/y;
const keyword = /[a-z]+/y;
/** Bytes of one expression. */
const longestCode = 65_536;
const delimiter = /\{[%=#]/g;
const codeEnd = /%\}|\{[%#]/g;

function isSpace(text: string, at: number): boolean {
  const byte = text.charCodeAt(at);
  return byte === 32 || (byte >= 9 && byte <= 13);
}

class TemplateParser {
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #braces: ReadonlyMap<number, number> | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #fail(message: string, hint?: string): never {
    throw new TemplateError(message, Math.min(this.#at, this.#source.length), hint);
  }

  /** `{%`, `{=` or `{#` with its `-` or `+`, and the blanks after it. */
  #start(open: string, nodes: TemplateNode[]): boolean {
    if (!this.#source.startsWith(open, this.#at)) return false;
    const sign = this.#source.charAt(this.#at + 2);
    if (sign === '-') nodes.push({ kind: 'lstrip', at: this.#at + 2 });
    this.#at += sign === '-' || sign === '+' ? 3 : 2;
    this.#match(space);
    return true;
  }

  #tagEnd(nodes: TemplateNode[]): void {
    const found = this.#match(tagEnd);
    if (found === null) this.#fail('"%}" expected');
    if (found[1] === '-') nodes.push({ kind: 'rstrip', at: this.#at - 3 });
  }

  /** Texts and tags up to a tag that does not begin one: the end of a block, or a mistake. */
  body(): TemplateNode[] {
    if (++this.#depth > luaLimits.depth) this.#fail('tags are nested too deep');
    const nodes: TemplateNode[] = [];
    while (this.#at < this.#source.length && this.#node(nodes));
    this.#depth--;
    return nodes;
  }

  atEnd(): void {
    if (this.#at >= this.#source.length) return;
    this.#start('{%', []);
    this.#fail(
      'unknown or unexpected tag',
      'a tag is one of if, for, set, do, raw, macro, call, filter, block, include',
    );
  }

  #node(nodes: TemplateNode[]): boolean {
    delimiter.lastIndex = this.#at;
    const next = delimiter.exec(this.#source)?.index ?? this.#source.length;
    if (next > this.#at) {
      nodes.push({ kind: 'text', at: this.#at, text: this.#source.slice(this.#at, next) });
      this.#at = next;
      return true;
    }
    const kind = this.#source.charAt(this.#at + 1);
    if (kind === '=') return this.#variable(nodes);
    return kind === '#' ? this.#comment(nodes) : this.#tag(nodes);
  }

  #variable(nodes: TemplateNode[]): true {
    const open = this.#at;
    this.#start('{=', nodes);
    const at = this.#at;
    const end = this.#variableEnd();
    if (end === undefined) {
      this.#at = open;
      this.#fail('"=}" expected', 'an expression begins with `{=` and ends with `=}`');
    }
    if (end.at - at > longestCode) this.#fail('an expression is too long');
    nodes.push({ kind: 'variable', at, code: this.#source.slice(at, end.at) });
    if (end.strip) nodes.push({ kind: 'rstrip', at: end.at });
    this.#at = end.after;
    return true;
  }

  /** Where an expression ends: at `=}` outside of balanced braces, so that a table may stand in it. */
  #variableEnd(): { at: number; after: number; strip: boolean } | undefined {
    const end = /[ \t\n\v\f\r]*(-?)=\}/y;
    for (let at = this.#at; at < this.#source.length; at++) {
      const char = this.#source.charAt(at);
      const close = char === '{' ? this.#closingBrace(at) : undefined;
      if (close !== undefined) {
        at = close;
      } else if (char === '=' || char === '-' || isSpace(this.#source, at)) {
        end.lastIndex = at;
        const found = end.exec(this.#source);
        if (found !== null) return { at, after: at + found[0].length, strip: found[1] === '-' };
        while (isSpace(this.#source, at) && isSpace(this.#source, at + 1)) at++;
      }
    }
    return undefined;
  }

  /** Where the brace at `open` is closed; undefined when it is not. All braces are paired once, at the first question. */
  #closingBrace(open: number): number | undefined {
    this.#braces ??= pairBraces(this.#source);
    return this.#braces.get(open);
  }

  #comment(nodes: TemplateNode[]): true {
    const open = this.#at;
    this.#start('{#', nodes);
    const close = this.#source.indexOf('#}', this.#at);
    if (close === -1) {
      this.#at = open;
      this.#fail('"#}" expected', '`{#` begins a template comment; in UCL put a blank between `{` and `#`');
    }
    if (this.#source.charAt(close - 1) === '-' && close > this.#at) nodes.push({ kind: 'rstrip', at: close - 1 });
    this.#at = close + 2;
    return true;
  }

  /** A tag; false, and nothing read, when it begins nothing that may stand here. */
  #tag(nodes: TemplateNode[]): boolean {
    const before = this.#at;
    const kept = nodes.length;
    this.#start('{%', nodes);
    const name = this.#match(keyword)?.[0] ?? '';
    if (this.#known(name, nodes)) return true;
    this.#at = before;
    nodes.length = kept;
    return false;
  }

  #known(name: string, nodes: TemplateNode[]): boolean {
    if (name === 'raw') return this.#raw(nodes);
    const parenthesis = name === 'call' && this.#source.charAt(this.#at) === '(';
    if (this.#match(space)?.[0] === '' && !parenthesis) return false;
    switch (name) {
      case 'if':
        return this.#if(nodes);
      case 'for':
        return this.#for(nodes);
      case 'macro':
      case 'call':
      case 'filter':
      case 'block':
        return this.#block(name, nodes);
      case 'set':
      case 'do':
      case 'include':
      case 'import':
      case 'extends': {
        const at = this.#at;
        nodes.push({ kind: name, at, code: this.#code() });
        this.#tagEnd(nodes);
        return true;
      }
      default:
        return false;
    }
  }

  /** An expression: up to the end of its tag. */
  #code(): string {
    codeEnd.lastIndex = this.#at;
    const found = codeEnd.exec(this.#source);
    let at = found?.index ?? this.#source.length;
    if (found?.[0] === '%}') {
      if (at > this.#at && this.#source.charAt(at - 1) === '-') at--;
      while (at > this.#at && isSpace(this.#source, at - 1)) at--;
    }
    if (at === this.#at) this.#fail('expression expected');
    if (at - this.#at > longestCode) this.#fail('an expression is too long');
    const code = this.#source.slice(this.#at, at);
    this.#at = at;
    return code;
  }

  #raw(nodes: TemplateNode[]): true {
    this.#tagEnd(nodes);
    const close = /\{%([-+]?)[ \t\n\v\f\r]*endraw[ \t\n\v\f\r]*(-?)%\}/g;
    close.lastIndex = this.#at;
    const found = close.exec(this.#source);
    if (found === null) return this.#fail('additional tag or "{% endraw %}" expected');
    nodes.push({ kind: 'text', at: this.#at, text: this.#source.slice(this.#at, found.index) });
    if (found[1] === '-') nodes.push({ kind: 'lstrip', at: found.index });
    if (found[2] === '-') nodes.push({ kind: 'rstrip', at: found.index });
    this.#at = found.index + found[0].length;
    return true;
  }

  /** What stands between a tag and the next: the strip mark of the tag's end, and a body. */
  #inner(first: TemplateNode[] = []): Body {
    this.#tagEnd(first);
    return [...first, ...this.body()];
  }

  /** A tag of one word, such as `endif`: its strip marks go to `nodes`. */
  #closing(name: string, nodes: TemplateNode[]): boolean {
    const before = this.#at;
    const marks: TemplateNode[] = [];
    if (this.#start('{%', marks) && this.#match(keyword)?.[0] === name) {
      const end = this.#match(tagEnd);
      if (end !== null) {
        if (end[1] === '-') marks.push({ kind: 'rstrip', at: this.#at - 3 });
        nodes.push(...marks);
        return true;
      }
    }
    this.#at = before;
    return false;
  }

  /** @param at where the tag stands that is to be closed */
  #close(name: string, at: number, nodes: TemplateNode[]): true {
    if (this.#closing(name, nodes)) return true;
    if (this.#at < this.#source.length) this.#fail(`additional tag or "{% ${name} %}" expected`);
    this.#at = at;
    return this.#fail(`additional tag or "{% ${name} %}" expected`, 'this tag is not closed');
  }

  /** `{% else %}` and what follows it. Its strip marks count inside the branch that it begins. */
  #else(): Body | undefined {
    const marks: TemplateNode[] = [];
    return this.#closing('else', marks) ? [...marks, ...this.body()] : undefined;
  }

  #if(nodes: TemplateNode[]): true {
    const at = this.#at;
    const branches: Branch[] = [{ at, code: this.#code(), body: this.#inner() }];
    for (let branch = this.#elseif(); branch !== undefined; branch = this.#elseif()) branches.push(branch);
    nodes.push({ kind: 'if', at, branches, otherwise: this.#else() });
    return this.#close('endif', at, nodes);
  }

  #elseif(): Branch | undefined {
    const before = this.#at;
    const marks: TemplateNode[] = [];
    if (this.#start('{%', marks) && this.#match(keyword)?.[0] === 'elseif' && this.#match(space)?.[0] !== '') {
      const at = this.#at;
      return { at, code: this.#code(), body: this.#inner(marks) };
    }
    this.#at = before;
    return undefined;
  }

  #for(nodes: TemplateNode[]): true {
    const at = this.#at;
    const code = this.#code();
    const body = this.#inner();
    nodes.push({ kind: 'for', at, code, body, otherwise: this.#else() });
    return this.#close('endfor', at, nodes);
  }

  #block(kind: 'macro' | 'call' | 'filter' | 'block', nodes: TemplateNode[]): true {
    const at = this.#at;
    const code = this.#code();
    nodes.push({ kind, at, code, body: this.#inner() });
    return this.#close(`end${kind}`, at, nodes);
  }
}

function pairBraces(source: string): Map<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  const brace = /[{}]/g;
  for (let found = brace.exec(source); found !== null; found = brace.exec(source)) {
    const opener = found[0] === '{' ? undefined : open.pop();
    if (found[0] === '{') open.push(found.index);
    else if (opener !== undefined) pairs.set(opener, found.index);
  }
  return pairs;
}
