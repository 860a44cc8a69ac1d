import { type LuaResult, type LuaValue, native, none, runtimeError, toText, Userdata } from '../../lua/index.ts';
import { compile, Regexp } from './regexp.ts';

/**
 * Iterator over the parts of a subject between matches; those that are empty are passed over
 * (rspamd: src/lua/lua_text.c:rspamd_lua_text_regexp_split).
 * @param separator an `rspamd_regexp`, or the text of one
 */
export function splitter(subject: string, separator: LuaValue, show: (part: string) => LuaValue): LuaResult {
  const expression = expressionOf(separator);
  let at = 0;
  return native('split', () => {
    while (at < subject.length) {
      const match = expression.search(subject, at);
      const isLast = match === undefined || (match.start === match.end && match.start === at);
      const part = subject.slice(at, isLast ? subject.length : match.start);
      at = isLast ? subject.length : match.end;
      if (part !== '') return show(part);
    }
    return none();
  });
}

function expressionOf(separator: LuaValue): Regexp {
  if (separator instanceof Userdata && separator.value instanceof Regexp) return separator.value;
  const text = toText(separator) ?? '';
  const compiled = compile(text, undefined);
  if (compiled instanceof Regexp) return compiled;
  throw runtimeError(`cannot parse regexp: ${text}, error: ${compiled.problem}`);
}
