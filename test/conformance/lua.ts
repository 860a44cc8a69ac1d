import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Lua, type LuaFunction, LuaScriptError, type LuaValue } from '../../src/lua/index.ts';
import type { Reporter, Suite } from './suite.ts';

/** A piece of Lua and what it comes to: its results as `tostring` shows them, or the text of its error. */
interface Snippet {
  readonly name: string;
  readonly code: string;
  readonly expect: readonly string[] | { readonly error: string };
}

type Outcome = Snippet['expect'];

const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const fromBytes = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

function isSnippet(value: unknown): value is Snippet {
  if (typeof value !== 'object' || value === null) return false;
  const { name, code, expect } = value as Record<string, unknown>;
  const isOutcome = Array.isArray(expect) || (typeof expect === 'object' && expect !== null && 'error' in expect);
  return typeof name === 'string' && typeof code === 'string' && isOutcome;
}

/** The snippets of a file, or of all files of a folder that hold a list of them. */
export function readSnippets(path: string): Snippet[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(path, name))
    : [path];
  return files.flatMap((file) => {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(content) ? content.filter(isSnippet) : [];
  });
}

/** Loads a snippet into a fresh state and calls it through `pcall`, as it was recorded. */
export function runSnippet(code: string): Outcome {
  const lua = new Lua({ limits: { time: 20_000 } });
  const show = (value: LuaValue): string => fromBytes(lua.toText(value));
  let chunk: LuaFunction;
  try {
    chunk = lua.load(toBytes(code), '=snippet');
  } catch (error) {
    if (error instanceof LuaScriptError) return { error: show(error.value) };
    throw error;
  }
  const [ok, ...values] = lua.call(lua.globals.get('pcall'), chunk);
  return ok === true ? values.map(show) : { error: show(values[0]) };
}

async function run(path: string, report: Reporter): Promise<void> {
  process.env['TZ'] = 'UTC';
  for (const { name, code, expect } of readSnippets(path)) {
    let outcome: Outcome | string;
    try {
      outcome = runSnippet(code);
    } catch (error) {
      outcome = `the engine failed: ${error instanceof Error ? error.stack : String(error)}`;
    }
    const [wanted, got] = [JSON.stringify(expect), JSON.stringify(outcome)];
    if (wanted === got) report.pass(name);
    else report.fail(name, `expected ${wanted}, got ${got}`);
  }
}

export const suite: Suite = { name: 'lua', defaultFolder: '../shared/corpus/lua/snippets.json', run };
