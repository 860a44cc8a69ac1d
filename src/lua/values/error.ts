import type { LuaValue } from './types.ts';

/** A Lua error on its way to whoever catches it. Carries any Lua value; not a JavaScript Error, to stay cheap. */
export class LuaError {
  readonly value: LuaValue;
  /** Stack at the place of the throw, where somebody asked for it. */
  traceback: string | undefined;
  constructor(value: LuaValue) {
    this.value = value;
    this.traceback = undefined;
  }

  /** The value as text, for people. */
  get message(): string {
    const { value } = this;
    return typeof value === 'string' || typeof value === 'number' ? `${value}` : `(error object is a ${typeof value})`;
  }
}
