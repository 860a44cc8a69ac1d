import { argumentError, type LuaValue, runtimeError, Userdata } from '../../lua/index.ts';

/** Bytes outside Lua's strings: `rspamd_text`. */
export class Text {
  /** Byte string. Some methods change a text in its place. */
  bytes: string;
  /** It is no part of another text: methods may change it without a copy. */
  readonly isOwned: boolean;
  constructor(bytes: string, isOwned: boolean) {
    this.bytes = bytes;
    this.isOwned = isOwned;
  }
}

/** The bytes of a text; undefined for any other value. */
export function textBytes(value: LuaValue): string | undefined {
  return value instanceof Userdata && value.value instanceof Text ? value.value.bytes : undefined;
}

/** The bytes of a string or text argument; undefined for any other value (rspamd: lua_check_text_or_string). */
export function bytesOf(args: readonly LuaValue[], index: number): string | undefined {
  const value = args[index - 1];
  if (typeof value === 'string') return value;
  if (!(value instanceof Userdata)) return undefined;
  const bytes = textBytes(value);
  if (bytes === undefined) throw argumentError(index, "'text' expected");
  return bytes;
}

/** The same where nothing else will do. */
export function checkBytes(args: readonly LuaValue[], index: number): string {
  const bytes = bytesOf(args, index);
  if (bytes === undefined) throw runtimeError('invalid arguments');
  return bytes;
}

export const lowerAscii = (bytes: string): string => bytes.replace(/[A-Z]+/g, (part) => part.toLowerCase());
