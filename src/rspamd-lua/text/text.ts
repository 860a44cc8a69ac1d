import { type LuaValue, Userdata } from '../../lua/index.ts';

/** Immutable bytes outside Lua's strings: `rspamd_text`. */
export class Text {
  /** Byte string. */
  readonly bytes: string;
  constructor(bytes: string) {
    this.bytes = bytes;
  }
}

/** The bytes of a text; undefined for any other value. */
export function textBytes(value: LuaValue): string | undefined {
  return value instanceof Userdata && value.value instanceof Text ? value.value.bytes : undefined;
}
