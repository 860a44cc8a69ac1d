import type { UclValue } from '../../ucl/index.ts';
import { Double, type MsgpackInput } from '../../wire/msgpack/index.ts';

/** A UCL value for a writer of msgpack; its strings are byte strings. */
export function msgpackInput(value: UclValue): MsgpackInput {
  switch (value.type) {
    case 'object': {
      const members = [...value.entries.values()].map((one) => [one.key, msgpackInput(one.value)] as const);
      return Object.fromEntries(members);
    }
    case 'array':
      return value.items.map(msgpackInput);
    case 'float':
    case 'time':
      return new Double(value.value);
    case 'null':
      return null;
    default:
      return value.value;
  }
}
