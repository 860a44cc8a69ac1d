import {
  Budget,
  evaluateList,
  execute,
  LuaError,
  type LuaNode,
  LuaTable,
  type LuaValue,
  parseExpressions,
  parseStatements,
  type Run,
  sandbox,
  toText,
  truthy,
  typeOf,
} from '../lua/index.ts';
import { Blocks } from './blocks.ts';
import { type Chunk, chunkText, copied, made, stripEnd, stripStart } from './chunks.ts';
import type { TemplateTools } from './data.ts';
import { eachFilter, splitFilters } from './filter-syntax.ts';
import { type Filter, filtersFor } from './filters/index.ts';
import { runFor } from './loop.ts';
import { type BlockNode, type Body, type CodeNode, type IfNode, TemplateError, type TemplateNode } from './nodes.ts';
import { parseTemplate, plainNewlines } from './parse.ts';
import { TemplateScope, tableScope } from './scope.ts';
import { testsFor } from './tests.ts';

/** One rendering: what all parts of a template share. */
export class Renderer {
  readonly budget = new Budget();
  readonly #filters: ReadonlyMap<string, Filter>;
  readonly #methods: LuaTable;
  /** Names that every template knows; `caller` among them while a `call` tag is at work. */
  readonly globals: TemplateScope;
  readonly #blocks = new Blocks((body, scope) => this.body(body, scope));
  readonly #parsed = new Map<string, readonly LuaNode[]>();
  /** Offset of what is being worked on, for messages. */
  #at = 0;
  /** Set while a text from another file is at work: there is no way back to its own offsets. */
  #fixedAt: number | undefined;
  readonly #tools: TemplateTools;

  constructor(tools: TemplateTools) {
    const globals = sandbox(this.budget);
    for (const [name, test] of testsFor(this.budget, tools)) globals.set(name, test);
    const strings = globals.get('string');
    this.#methods = strings instanceof LuaTable ? strings : new LuaTable();
    this.globals = new TemplateScope(tableScope(globals));
    this.#filters = filtersFor(this.budget, tools);
    this.#tools = tools;
  }

  /** Puts a template out; mistakes are thrown as {@link TemplateError}. */
  render(body: Body, scope: TemplateScope): Chunk {
    scope.set('self', this.#blocks.selfTable(scope));
    try {
      return this.body(body, scope);
    } catch (error) {
      if (error instanceof LuaError) throw new TemplateError(error.message, this.#at);
      throw error;
    }
  }

  /** What expressions need to be evaluated. */
  run(scope: TemplateScope): Run {
    return { scope, budget: this.budget, methods: this.#methods };
  }

  #mark(at: number): void {
    this.#at = this.#fixedAt ?? at;
  }

  /** Puts a part of the template out. */
  body(body: Body, scope: TemplateScope): Chunk {
    return this.budget.nested(() => {
      const chunks: Chunk[] = [];
      let extended: LuaValue;
      let strip = false;
      for (const [index, node] of body.entries()) {
        this.budget.step();
        this.#mark(node.at);
        if (node.kind === 'lstrip') chunks.push(stripEnd(chunks.pop() ?? []));
        else if (node.kind === 'extends') extended = this.#parent(node, extended, scope);
        else if (node.kind !== 'rstrip') {
          chunks.push(...this.#node(node, scope, body[index + 1]?.kind === 'lstrip', extended !== undefined));
        }
        if (strip && node.kind !== 'rstrip') chunks.push(stripStart(chunks.pop() ?? []));
        strip = node.kind === 'rstrip';
      }
      return extended === undefined ? chunks.flat() : this.#include(toText(extended), scope);
    });
  }

  #text(text: string, at: number): Chunk[] {
    this.budget.bytes(text.length);
    return [made(text, this.#fixedAt ?? at)];
  }

  /** @param stripped the node is followed by a mark that strips what it puts out */
  #node(node: TemplateNode, scope: TemplateScope, stripped: boolean, extending: boolean): Chunk[] {
    switch (node.kind) {
      case 'text':
        this.budget.bytes(node.text.length);
        return [this.#fixedAt === undefined ? copied(node.text, node.at) : made(node.text, this.#fixedAt)];
      case 'variable': {
        const value = this.#evaluate(node.code, node.at, scope)[0];
        return this.#text(value === undefined ? '' : toText(value), node.at);
      }
      case 'if':
        return this.#if(node, scope);
      case 'for':
        return [runFor(node, stripped, scope, this).flat()];
      case 'set':
        this.#set(node.code, node.at, scope);
        return [];
      case 'do':
        execute(parseStatements(node.code), this.run(scope));
        return [];
      case 'macro':
        this.#macro(node, stripped, scope);
        return [];
      case 'call':
        return this.#call(node, stripped, scope);
      case 'filter':
        return this.#filter(node, scope);
      case 'block':
        return this.#blocks.run(node, scope, extending);
      case 'include':
        return this.#includeTag(node.code, node.at, scope);
      case 'import':
        this.#import(node.code, node.at, scope);
        return [];
      default:
        return [];
    }
  }

  /** The values of an expression with its filters. */
  #evaluate(code: string, at: number, scope: TemplateScope): readonly LuaValue[] {
    const { expression, filters, filtersAt } = splitFilters(code);
    let results: readonly LuaValue[] = evaluateList(this.#parse(expression), this.run(scope)).slice(0, 1);
    for (const filter of eachFilter(filters)) {
      this.#mark(at + filtersAt + filter.at);
      results = this.#applyFilter(filter, results, scope);
    }
    return results;
  }

  /** All values of a loop's generator, or of its condition. */
  evaluate(code: string, at: number, scope: TemplateScope): readonly LuaValue[] {
    this.#mark(at);
    return code.includes('|') ? this.#evaluate(code, at, scope) : evaluateList(this.#parse(code), this.run(scope));
  }

  /** An expression is parsed once, however often a loop comes to it. */
  #parse(code: string): readonly LuaNode[] {
    const known = this.#parsed.get(code);
    if (known !== undefined) return known;
    const nodes = parseExpressions(code);
    this.#parsed.set(code, nodes);
    return nodes;
  }

  /** A filter gets the value before it, or all values when there are several, and then its own arguments. */
  #applyFilter(
    filter: ReturnType<typeof eachFilter>[number],
    input: readonly LuaValue[],
    scope: TemplateScope,
  ): readonly LuaValue[] {
    const found = this.#filters.get(filter.name);
    if (found === undefined) throw new LuaError(`unknown filter "${filter.name}"`);
    const table = evaluateList(this.#parse(`{${filter.parameters}}`), this.run(scope))[0];
    const args = table instanceof LuaTable ? table.items() : [];
    const values = input.length > 1 ? input : [input[0]];
    return this.budget.nested(() => withoutNils(found([...values, ...args])));
  }

  #if(node: IfNode, scope: TemplateScope): Chunk[] {
    for (const { at, code, body } of node.branches) {
      this.#mark(at);
      if (truthy(this.#evaluate(code, at, scope)[0])) return [this.body(body, scope)];
    }
    return node.otherwise === undefined ? [] : [this.body(node.otherwise, scope)];
  }

  #set(code: string, at: number, scope: TemplateScope): void {
    const found = /^([A-Za-z_]\w*)[ \t\n\v\f\r]*=[ \t\n\v\f\r]*([\s\S]+)$/.exec(code);
    if (found === null) throw new LuaError('invalid variable name or expression');
    scope.set(found[1] ?? '', this.#evaluate(found[2] ?? '', at, scope)[0]);
  }

  #macro(node: BlockNode, stripped: boolean, scope: TemplateScope): void {
    const found = /^(\w+)\(([\s\S]*)\)/.exec(node.code);
    if (found === null) throw new LuaError('invalid macro expression');
    const parameters = [...(found[2] ?? '').matchAll(/(\w+)=?([^,]*)/g)].map(([, name = '', code = '']) => ({
      name,
      value: code.trim() === '' ? undefined : evaluateList(this.#parse(code), this.run(this.globals))[0],
    }));
    scope.set(found[1] ?? '', (args) => {
      const inner = new TemplateScope(scope);
      for (const [at, { name, value }] of parameters.entries()) inner.set(name, at < args.length ? args[at] : value);
      inner.set('varargs', LuaTable.of(args.slice(parameters.length)));
      return [this.#bodyText(node.body, inner, stripped)];
    });
  }

  #bodyText(body: Body, scope: TemplateScope, stripped: boolean): string {
    const chunk = this.body(body, scope);
    return chunkText(stripped ? stripEnd(chunk) : chunk);
  }

  #call(node: BlockNode, stripped: boolean, scope: TemplateScope): Chunk[] {
    const found = /^\(([^()]*)\)([\s\S]+)$/.exec(node.code);
    const names = [...(found?.[1] ?? '').matchAll(/\w+/g)].map(([name]) => name);
    const outer = this.globals.own().get('caller');
    this.globals.set('caller', (args: readonly LuaValue[]) => {
      const inner = new TemplateScope(scope);
      for (const [at, name] of names.entries()) if (at < args.length) inner.set(name, args[at]);
      return [this.#bodyText(node.body, inner, stripped)];
    });
    const value = this.#evaluate(found?.[2] ?? node.code, node.at, scope)[0];
    this.globals.set('caller', outer);
    return this.#text(value === undefined ? '' : toText(value), node.at);
  }

  #filter(node: BlockNode, scope: TemplateScope): Chunk[] {
    let results: readonly LuaValue[] = [chunkText(this.body(node.body, scope))];
    for (const filter of eachFilter(node.code)) {
      this.#mark(node.at + filter.at);
      results = this.#applyFilter(filter, results.slice(0, 1), scope);
    }
    return this.#text(results[0] === undefined ? '' : toText(results[0]), node.at);
  }

  #parent(node: CodeNode, before: LuaValue, scope: TemplateScope): LuaValue {
    if (before !== undefined) throw new LuaError('cannot have multiple "extends" in the same scope');
    const file = this.#evaluate(node.code, node.at, scope)[0];
    this.#blocks.extended = true;
    return file ?? '';
  }

  /** The content of another template file, with the names of a scope; undefined when there is no such file. */
  #tryInclude(name: string, scope: TemplateScope): Chunk | undefined {
    const text = this.#tools.readFile(name);
    if (text === undefined) return undefined;
    const body = parseFile(text, name);
    const outer = this.#fixedAt;
    this.#fixedAt ??= this.#at;
    const chunk = this.body(body, scope);
    this.#fixedAt = outer;
    return chunk;
  }

  #include(name: string, scope: TemplateScope): Chunk {
    const chunk = this.#tryInclude(name, scope);
    if (chunk === undefined) throw new LuaError(`${name}: No such file or directory`);
    return chunk;
  }

  #includeTag(code: string, at: number, scope: TemplateScope): Chunk[] {
    const without = /without\s+context/.test(code);
    const ignore = /ignore\s+missing/.test(code);
    const name = this.#evaluate(
      code.replace(/with(?:out)?\s+context\s*/g, '').replace(/ignore\s+missing\s*/g, ''),
      at,
      scope,
    )[0];
    if (typeof name !== 'string' && !(name instanceof LuaTable)) {
      throw new LuaError('"include" requires a string or table of files');
    }
    const inner = without ? new TemplateScope(this.globals) : scope;
    for (const file of typeof name === 'string' ? [name] : name.items()) {
      const chunk = this.#tryInclude(toText(file), inner);
      if (chunk !== undefined) return [chunk];
    }
    if (!ignore) throw new LuaError('no file(s) found to include');
    return [];
  }

  #import(code: string, at: number, scope: TemplateScope): void {
    const named = /^\s*([\s\S]+)\s+as\s+([A-Za-z]\w*)\s*/.exec(code);
    const inner = new TemplateScope(/with\s+context\s*$/.test(code) ? scope : this.globals);
    const file = this.#evaluate(named?.[1] ?? code, at, scope)[0];
    if (typeof file !== 'string') throw new LuaError(`"import" requires a file, not a ${typeOf(file)}`);
    this.#include(file, inner);
    const space = new LuaTable();
    for (const [name, value] of inner.own()) {
      if (named !== null) space.set(name, value);
      else if (scope.get(name) === undefined) scope.set(name, value);
    }
    if (named !== null) scope.set(named[2] ?? '', space);
  }
}

/** Trailing nils are no results. */
function withoutNils(values: readonly LuaValue[]): readonly LuaValue[] {
  let length = values.length;
  while (length > 0 && values[length - 1] === undefined) length--;
  return values.slice(0, length);
}

function parseFile(text: string, name: string): Body {
  try {
    return parseTemplate(plainNewlines(text));
  } catch (error) {
    throw error instanceof TemplateError ? new LuaError(`in ${name}: ${error.message}`) : error;
  }
}
