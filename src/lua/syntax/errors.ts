/** A chunk that does not compile. `message` is complete: `chunk:line: text near 'token'`. */
export class LuaSyntaxError extends Error {
  readonly line: number;
  /** What was wrong, without place. */
  readonly text: string;
  constructor(place: string, line: number, text: string) {
    super(`${place}:${line}: ${text}`);
    this.line = line;
    this.text = text;
  }
}

const idSize = 60; // bytes for a shown chunk name, the closing zero included (luajit: src/luaconf.h, LUA_IDSIZE)

/**
 * The short form of a chunk name as messages show it: `=name` is the name itself, `@path` the path (its last part
 * when long), anything else `[string "first line..."]`.
 */
export function shortChunkName(name: string): string {
  if (name.startsWith('=')) return untilZero(name.slice(1)).slice(0, idSize - 1);
  if (name.startsWith('@')) {
    const path = untilZero(name.slice(1));
    return path.length >= idSize ? `...${path.slice(path.length - (idSize - 4))}` : path;
  }
  const most = idSize - 12;
  let length = 0;
  while (length < most && length < name.length && name.charCodeAt(length) >= 32) length++;
  const whole = length === name.length || name.charCodeAt(length) === 0;
  const shown = whole ? name.slice(0, length) : `${name.slice(0, Math.min(length, idSize - 15))}...`;
  return `[string "${shown}"]`;
}

/** What C sees of a string: the part before its first zero byte. */
export function untilZero(text: string): string {
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.slice(0, zero);
}
