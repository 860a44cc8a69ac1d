import { LuaExit, LuaInterrupt, LuaScriptError, shortChunkName } from '../lua/index.ts';
import { failureText } from '../rspamd-lua/index.ts';
import type { Script, ScriptProblem } from './script.ts';

/**
 * Why a script was not loaded, in the words of the original, which calls compare scripts parsers, too.
 * @param doing `load` while it is compiled, `init` while it runs
 */
export function loadProblem(script: Script, doing: 'load' | 'init', cause: unknown): ScriptProblem {
  const begin = `cannot ${doing} lua parser script`;
  if (!(cause instanceof LuaScriptError)) return { message: `${begin}: ${plainReason(cause)}`, line: undefined };
  const text = doing === 'init' ? failureText(cause) : cause.message;
  return { message: `${begin}: ${text}`, line: lineIn(script, cause) };
}

function lineIn(script: Script, { message, levels }: LuaScriptError): number | undefined {
  const chunk = shortChunkName(script.chunk);
  if (message.startsWith(`${chunk}:`)) {
    const [, digits] = /^:(\d+):/.exec(message.slice(chunk.length)) ?? [];
    if (digits !== undefined) return Number(digits);
  }
  return levels.find(({ source }) => source === chunk)?.line;
}

/** What ended a script other than an error of its own. */
export function plainReason(cause: unknown): string {
  if (cause instanceof LuaInterrupt && cause.reason === 'time') return 'it was stopped, its time is over';
  if (cause instanceof LuaInterrupt || cause instanceof LuaExit) return cause.message;
  return `internal error: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`;
}
