import { LuaExit, LuaInterrupt, LuaScriptError, shortChunkName } from '../lua/index.ts';
import type { Script, ScriptProblem } from './script.ts';

/** Longest entry of a trace (rspamd: src/lua/lua_common.c:rspamd_lua_traceback_string). */
const longestEntry = 255;

/** Bytes of a log line, roughly (rspamd: src/libserver/logger/logger.c, RSPAMD_LOGBUF_SIZE): a trace may have any number of levels. */
const longestText = 8_000;

/** An error with its trace, as the original logs it. A value that is no text says nothing there. */
export function tracedText({ value, levels }: LuaScriptError): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown error';
  const trace = levels.map(({ source, line, name, kind }, index) =>
    ` [${index + 1}]:{${source}:${line} - ${name ?? '<unknown>'} [${kind}]};`.slice(0, longestEntry),
  );
  return `${text}; trace:${trace.join('')}`.slice(0, longestText);
}

/**
 * Why a script was not loaded, in the words of the original, which calls compare scripts parsers, too.
 * @param doing `load` while it is compiled, `init` while it runs
 */
export function loadProblem(script: Script, doing: 'load' | 'init', cause: unknown): ScriptProblem {
  const begin = `cannot ${doing} lua parser script`;
  if (!(cause instanceof LuaScriptError)) return { message: `${begin}: ${plainReason(cause)}`, line: undefined };
  const text = doing === 'init' ? tracedText(cause) : cause.message;
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
