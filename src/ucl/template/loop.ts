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
import { type Chunk, stripEnd } from './chunks.ts';
import type { TemplateScope } from './scope.ts';

/** What a `for` tag says: `for a, b in generator if condition`. */
export interface ForClause {
  readonly names: readonly string[];
  readonly generator: string;
  /** Offset of the generator in the tag's code. */
  readonly generatorAt: number;
  readonly condition: string | undefined;
}

const space = '[ \\t\\n\\v\\f\\r]';
const clause = new RegExp(`^([\\w, \\t\\n\\v\\f\\r]+)${space}+in${space}+([\\s\\S]+)$`);
const condition = new RegExp(`^([\\s\\S]+)${space}+if${space}+([\\s\\S]+)$`);

export function parseFor(code: string): ForClause | undefined {
  const found = clause.exec(code);
  if (found === null) return undefined;
  const [, names = '', rest = ''] = found;
  const guarded = condition.exec(rest);
  return {
    names: names.split(/[, \t\n\v\f\r]+/).filter((name) => name !== ''),
    generator: guarded?.[1] ?? rest,
    generatorAt: code.length - rest.length,
    condition: guarded?.[2],
  };
}

/** What a loop needs of its surroundings. */
export interface LoopBody {
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
export function runLoop(results: readonly LuaValue[], loop: LoopBody, scope: TemplateScope, depth: number): Chunk[] {
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
