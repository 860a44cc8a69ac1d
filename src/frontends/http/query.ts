/** One argument of a query as it stands in a request target. */
interface Argument {
  readonly text: string;
  readonly name: string;
}

interface Split {
  readonly path: string;
  readonly args: readonly Argument[];
  /** `#…`, empty where there is none. */
  readonly fragment: string;
}

function split(target: string): Split | undefined {
  const hash = target.indexOf('#');
  const end = hash < 0 ? target.length : hash;
  const question = target.indexOf('?');
  if (question < 0 || question > end) return undefined;
  const texts = target.slice(question + 1, end).split('&');
  const args = texts.filter((text) => text !== '').map((text) => ({ text, name: nameOf(text) }));
  return { path: target.slice(0, question), args, fragment: target.slice(end) };
}

function nameOf(text: string): string {
  const equals = text.indexOf('=', 1);
  return decode(equals < 0 ? text : text.slice(0, equals)).toLowerCase();
}

/** Percent escapes and `+`, to bytes (rspamd: src/libutil/str_util.c:rspamd_url_decode). */
function decode(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * The value of an argument of a request target: decoded, without its double quotes; the last one counts where there
 * are several (rspamd: src/libserver/http/http_connection.c:rspamd_http_message_parse_query).
 *
 * @param name in lower case
 */
export function queryArgument(target: string, name: string): string | undefined {
  const found = split(target)?.args.findLast((arg) => arg.name === name);
  if (found === undefined) return undefined;
  const equals = found.text.indexOf('=', 1);
  return equals < 0 ? '' : decode(found.text.slice(equals).replace(/^=+/, '')).replace(/^"|"$/g, '');
}

/** The target without the arguments of those names (in lower case); the others keep their spelling. */
export function withoutArguments(target: string, names: ReadonlySet<string>): string {
  const parts = split(target);
  if (parts === undefined || !parts.args.some((arg) => names.has(arg.name))) return target;
  const kept = parts.args.filter((arg) => !names.has(arg.name)).map((arg) => arg.text);
  return parts.path + (kept.length === 0 ? '' : `?${kept.join('&')}`) + parts.fragment;
}
