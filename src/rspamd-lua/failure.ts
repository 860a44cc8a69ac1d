import { type LuaScriptError, toText } from '../lua/index.ts';

/**
 * What Rspamd logs of a script that failed: the message and the functions that were running
 * (rspamd: src/lua/lua_common.c:rspamd_lua_traceback_string). Byte string.
 */
export function failureText({ value, levels }: LuaScriptError): string {
  const last = levels.at(-1);
  const called = last?.kind === 'C' && last.name === undefined ? levels.slice(0, -1) : levels; // the host's own call
  const shown = called.map(
    ({ source, line, name, kind }, i) => `[${i + 1}]:{${source}:${line} - ${name ?? '<unknown>'} [${kind}]};`,
  );
  return [`${toText(value) ?? 'unknown error'}; trace:`, ...shown].join(' ');
}
