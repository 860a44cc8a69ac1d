import { LuaTable, type LuaValue } from '../lua/index.ts';
import type { Origin } from '../source.ts';
import { chunkText, originOf } from './chunks.ts';
import type { TemplateTools } from './data.ts';
import { Renderer } from './evaluate.ts';
import { TemplateError } from './nodes.ts';
import { parseTemplate, plainNewlines } from './parse.ts';
import { TemplateScope } from './scope.ts';

export type { TemplateTools } from './data.ts';
export { encryptPassword } from './filters/index.ts';

/** What templates can see: `env` (its keys are global names, too) and `paths`. Strings are byte strings. */
export interface TemplateWorld {
  readonly env: ReadonlyMap<string, unknown>;
  readonly paths: ReadonlyMap<string, string>;
}

export interface Rendered {
  readonly text: string;
  /** Undefined when the template pass changed nothing but line ends. */
  readonly origin: Origin | undefined;
}

export interface RenderFailure {
  readonly message: string;
  readonly hint: string | undefined;
  /** Offset into `template`. */
  readonly offset: number;
  /** The template with plain newlines. */
  readonly template: string;
}

/**
 * The template pass over one text (rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_jinja_handler). What a template sets is
 * gone with it.
 */
export function renderTemplate(raw: string, world: TemplateWorld, tools: TemplateTools): Rendered | RenderFailure {
  const template = plainNewlines(raw);
  if (!/\{[=%#]/.test(template)) return { text: template, origin: undefined };
  try {
    const renderer = new Renderer(tools);
    const chunk = renderer.render(parseTemplate(template), worldScope(world, renderer));
    return { text: chunkText(chunk), origin: originOf(chunk, template) };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { message: error.message, hint: error.hint, offset: error.at, template };
  }
}

/** The names of a template: every key of `env`, and the tables `env` and `paths`. */
function worldScope({ env, paths }: TemplateWorld, renderer: Renderer): TemplateScope {
  const scope = new TemplateScope(renderer.globals);
  const table = new LuaTable();
  for (const [name, value] of env) {
    const converted = asLua(value);
    table.set(name, converted);
    scope.set(name, converted);
  }
  scope.set('env', table);
  scope.set('paths', LuaTable.from(paths));
  return scope;
}

/** A JavaScript value as Lua has it: arrays, maps and plain objects become tables. */
function asLua(value: unknown): LuaValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return LuaTable.of(value.map(asLua));
  if (value instanceof Map) return LuaTable.from([...value].map(([key, one]) => [String(key), asLua(one)] as const));
  if (typeof value !== 'object' || value === null) return undefined;
  return LuaTable.from(Object.entries(value).map(([key, one]) => [key, asLua(one)] as const));
}
