import type { UclValue } from '../../ucl/index.ts';

/** A UCL value in a userdata, at index 0 of the table that stands for it in Lua. */
export class WrappedUcl {
  #value: UclValue;
  /** Puts a new value into the one that this is an element of. */
  readonly #changed: ((value: UclValue) => void) | undefined;

  constructor(value: UclValue, changed?: (value: UclValue) => void) {
    this.#value = value;
    this.#changed = changed;
  }

  get value(): UclValue {
    return this.#value;
  }

  set value(value: UclValue) {
    this.#value = value;
    this.#changed?.(value);
  }
}
