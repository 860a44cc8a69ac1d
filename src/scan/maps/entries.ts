/** One line of a map: a key, and what stands behind it; undefined where nothing does. */
export type MapEntry = readonly [key: string, value: string | undefined];

/**
 * Reads the lines of a map: `key`, `key value`, `"key with blanks" value`, `/expression with blanks/flags value`, and
 * comments behind `#`. A key in quotes or slashes goes on over ends of lines until it is closed
 * (rspamd: src/libserver/maps/map_helpers.c:rspamd_parse_kv_list).
 */
export function readEntries(text: string): MapEntry[] {
  const entries: MapEntry[] = [];
  let at = 0;
  while (at < text.length) {
    if (isBlank(text, at)) {
      at++;
      continue;
    }
    const [key, afterKey] = readKey(text, at);
    let end = afterKey;
    while (text[end] === ' ' || text[end] === '\t') end++;
    const start = end;
    while (end < text.length && !isLineEnd(text, end) && text[end] !== '#') end++;
    if (key !== undefined) {
      const value = text.slice(start, end).trim();
      entries.push([key, value === '' ? undefined : value]);
    }
    while (end < text.length && !isLineEnd(text, end)) end++;
    at = end;
  }
  return entries;
}

/** @returns the key at an offset, undefined where there is a comment, and the offset behind it */
function readKey(text: string, at: number): readonly [key: string | undefined, end: number] {
  const first = text[at];
  if (first === '"') {
    const close = closing(text, at);
    return [text.slice(at + 1, close).trim(), close + 1];
  }
  if (first === '#') return [undefined, at];
  let end = first === '/' ? closing(text, at) : at;
  while (end < text.length && !isBlank(text, end)) {
    if (text[end] === '#' && (first === '/' || text[end - 1] !== '\\')) break;
    end++;
  }
  return [text.slice(at, end), end];
}

/** Offset of the next character like the one at `at` that no backslash stands before; the end where there is none. */
function closing(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== text[at]) end += text[end] === '\\' ? 2 : 1;
  return Math.min(end, text.length);
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === '\n' || text[at] === '\r';
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || (code >= 9 && code <= 13);
}
