import type { UclValue } from '../../ucl/index.ts';

/** A UCL value in a userdata, at index 0 of the table that stands for it in Lua. */
export class WrappedUcl {
  value: UclValue;
  constructor(value: UclValue) {
    this.value = value;
  }
}
