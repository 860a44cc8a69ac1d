import {
  call,
  LuaError,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  nextEntry,
  nextItem,
  type Run,
  truthy,
} from '../lua/index.ts';
import { type Chunk, chunkText, stripEnd, withoutTrailingBlanks } from './chunks.ts';
import type { Body, ForNode } from './nodes.ts';
import { TemplateScope } from './scope.ts';

/** What a `for` tag says: `for a, b in generator if condition`. */
interface ForClause {
  readonly names: readonly string[];
  readonly generator: string;
  /** Offset of the generator in the tag's code. */
  readonly generatorAt: number;
  readonly condition: string | undefined;
}

const isSpace = (char: string): boolean => char !== '' && ' \t\n\v\f\r'.includes(char);

/** The offset of a word between blanks, the last before `limit`; -1 when there is none. */
function lastWord(code: string, word: string, limit: number): number {
  for (let at = code.lastIndexOf(word, limit); at > 0; at = code.lastIndexOf(word, at - 1)) {
    if (isSpace(code.charAt(at - 1)) && isSpace(code.charAt(at + word.length))) return at;
  }
  return -1;
}

/** Takes a `for` tag apart; undefined when it is none. */
function parseFor(code: string): ForClause | undefined {
  const region = /^[\w, \t\n\v\f\r]*/.exec(code)?.[0].length ?? 0;
  const word = lastWord(code, 'in', region);
  if (word === -1 || code.slice(0, word).trim() === '') return undefined;
  let generatorAt = word + 2;
  while (isSpace(code.charAt(generatorAt))) generatorAt++;
  const rest = code.slice(generatorAt);
  const guard = lastWord(rest, 'if', rest.length);
  if (rest === '') return undefined;
  return {
    names: code
      .slice(0, word)
      .split(/[, \t\n\v\f\r]+/)
      .filter((name) => name !== ''),
    generator: guard === -1 ? rest : withoutTrailingBlanks(rest.slice(0, guard)),
    generatorAt,
    condition: guard === -1 ? undefined : rest.slice(guard + 2),
  };
}

/** What a loop needs of its surroundings. */
interface LoopBody {
  readonly names: readonly string[];
  readonly run: Run;
  /** Whether a round takes place. */
  wanted(scope: TemplateScope): boolean;
  body(scope: TemplateScope): Chunk;
  otherwise(scope: TemplateScope): Chunk;
  text(chunk: Chunk): string;
  /** The end tag strips what each round puts out. */
  readonly strip: boolean;
}

/** What a generator gives round by round; `length` when it is known. */
interface Rounds {
  readonly next: LuaValue;
  readonly state: LuaValue;
  readonly first: LuaValue;
  readonly length: number | undefined;
  /** The first result is only the way on, and has no name: so with all but `pairs` and `ipairs`. */
  readonly hidden: boolean;
}

/**
 * Runs a loop (rspamd: contrib/lua-lupa/lupa.lua:iterate).
 *
 * @param results what the generator expression gave: a table, or a function with its state
 */
function runLoop(results: readonly LuaValue[], loop: LoopBody, scope: TemplateScope, depth: number): Chunk[] {
  const rounds = roundsOf(results);
  const before = loop.names.map((name) => scope.get(name));
  const chunks: Chunk[] = [];
  let index = 1;
  if (rounds !== undefined) {
    for (let control = rounds.first; ; ) {
      loop.run.budget.step();
      const values = call(
        rounds.next,
        [rounds.state, control],
        loop.run,
        () => new LuaError('the loop has nothing to go through'),
      );
      if (values[0] === undefined) break;
      control = values[0];
      if (rounds.hidden) scope.set('_index', control);
      assign(loop.names, rounds.hidden ? values.slice(1) : values, scope);
      if (!loop.wanted(scope)) continue;
      scope.set('loop', loopTable(index, rounds.length, loop, scope, depth));
      const chunk = loop.body(scope);
      chunks.push(loop.strip ? stripEnd(chunk) : chunk);
      index++;
    }
  }
  if (index === 1) chunks.push(loop.otherwise(scope));
  for (const [at, name] of loop.names.entries()) scope.set(name, before[at]);
  return chunks;
}

function roundsOf(results: readonly LuaValue[]): Rounds | undefined {
  const [generator, state, first] = results;
  if (generator === undefined || generator === false) return undefined;
  if (generator instanceof LuaTable && generator.call === undefined) {
    return { next: itemsOf(generator), state: generator, first: 0, length: generator.length, hidden: true };
  }
  return {
    next: generator,
    state,
    first,
    length: undefined,
    hidden: generator !== nextEntry && generator !== nextItem,
  };
}

function itemsOf(table: LuaTable): LuaFunction {
  return ([, control]) => {
    const at = Number(control) + 1;
    const value = table.get(at);
    return value === undefined ? [undefined] : [at, value];
  };
}

/** A single table for several names is taken apart. */
function assign(names: readonly string[], values: readonly LuaValue[], scope: TemplateScope): void {
  const only = values.length === 1 ? values[0] : undefined;
  const parts = only instanceof LuaTable && names.length > 1 ? names.map((_, at) => only.get(at + 1)) : values;
  for (const [at, name] of names.entries()) scope.set(name, parts[at]);
}

function loopTable(
  index: number,
  length: number | undefined,
  loop: LoopBody,
  scope: TemplateScope,
  depth: number,
): LuaTable {
  const table = LuaTable.from([
    ['index', index],
    ['index0', index - 1],
    ['revindex', length === undefined ? undefined : length - (index - 1)],
    ['revindex0', length === undefined ? undefined : length - index],
    ['first', index === 1],
    ['last', length !== undefined && index === length],
    ['length', length],
    ['depth', depth],
    ['depth0', depth - 1],
    ['cycle', (values: readonly LuaValue[]) => values.slice((index - 1) % Math.max(values.length, 1))],
  ]);
  table.call = ([inner]) => {
    if (!truthy(inner)) return [''];
    const text = runLoop([inner], loop, scope, depth + 1).map((chunk) => loop.text(chunk));
    return [text.join('')];
  };
  return table;
}

/** What a `for` tag needs of the renderer. */
interface Tools {
  evaluate(code: string, at: number, scope: TemplateScope): readonly LuaValue[];
  body(body: Body, scope: TemplateScope): Chunk;
  run(scope: TemplateScope): Run;
}

/** @param strip the end tag strips what each round puts out */
export function runFor(node: ForNode, strip: boolean, outer: TemplateScope, tools: Tools): Chunk[] {
  const parsed = parseFor(node.code);
  if (parsed === undefined) throw new LuaError('invalid for expression');
  const { names, condition } = parsed;
  if (names.some((name) => !/^[A-Za-z_]/.test(name) || name === 'loop')) throw new LuaError('invalid variable name');
  const results = tools.evaluate(parsed.generator, node.at + parsed.generatorAt, outer);
  const scope = new TemplateScope(outer);
  const { body, otherwise } = node;
  const loop: LoopBody = {
    names,
    run: tools.run(scope),
    wanted: (inner) => condition === undefined || truthy(tools.evaluate(condition, node.at, inner)[0]),
    body: (inner) => tools.body(body, inner),
    otherwise: (inner) => (otherwise === undefined ? [] : tools.body(otherwise, inner)),
    text: chunkText,
    strip,
  };
  return runLoop(results, loop, scope, 1);
}
