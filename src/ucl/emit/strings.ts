import { decodeSingleEscapes } from '../escapes.ts';
import type { UclString } from '../value.ts';

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\u0000',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\u000B',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * A string in double quotes, as both formats have it (rspamd: contrib/libucl/ucl_emitter.c:ucl_elt_string_write_json).
 *
 * @param exact control bytes that have no escape of their own as `\u00XX`; Rspamd loses them as `\uFFFD`
 */
export function quote(value: string, exact: boolean): string {
  const inner = value.replace(/[\0-\x1f"\\\x7f]/g, (char) => {
    const known = escapes[char];
    if (known !== undefined) return known;
    return exact ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : '\\uFFFD';
  });
  return `"${inner}"`;
}

/** A key, in quotes unless it can be written bare. */
export function keyText(key: string, exact: boolean): string {
  return /^[\w/\x80-\xff][\w./\x80-\xff-]*$/.test(key) ? key : quote(key, exact);
}

/** Strings longer than this with a newline are written as heredocs (rspamd: ucl_emitter.c:ucl_maybe_long_string). */
const longString = 80;

/** A string value in UCL, in the style it came in where that can hold it. */
export function stringText({ value, style }: UclString, exact: boolean): string {
  if ((style === 'heredoc' || value.length > longString) && value.includes('\n') && !/\nEOD(?:[\n;,]|$)/.test(value)) {
    return `<<EOD\n${value}\nEOD`;
  }
  return (style === 'single' ? singleQuoted(value) : undefined) ?? quote(value, exact);
}

/** In single quotes; undefined for a value that these cannot hold. */
function singleQuoted(value: string): string | undefined {
  const inner = value.replaceAll("'", "\\'");
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(inner) || decodeSingleEscapes(inner) !== value) return undefined;
  return `'${inner}'`;
}
