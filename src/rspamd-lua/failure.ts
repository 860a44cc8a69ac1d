import { type LuaScriptError, toText } from '../lua/index.ts';

/** Longest entry of a trace (rspamd: src/lua/lua_common.c:rspamd_lua_traceback_string). */
const longestEntry = 255;

/** Bytes of a log line, roughly (rspamd: src/libserver/logger/logger.c, RSPAMD_LOGBUF_SIZE): a trace may have any number of levels. */
const longestText = 8_000;

/** An error with its trace, as the original logs it. A value that is no text says nothing there. Byte string. */
export function failureText({ value, levels }: LuaScriptError): string {
  const trace = levels.map(({ source, line, name, kind }, index) =>
    ` [${index + 1}]:{${source}:${line} - ${name ?? '<unknown>'} [${kind}]};`.slice(0, longestEntry),
  );
  return `${toText(value) ?? 'unknown error'}; trace:${trace.join('')}`.slice(0, longestText);
}
