import { runtimeError } from '../../lua/index.ts';
import type { Functions } from '../modules.ts';

/** Functions that raise an error naming themselves and the reason: the program has nothing that they could work on. */
export function unavailable(module: string, reasons: Readonly<Record<string, string>>): Functions {
  const refusing = ([name, reason]: [string, string]) =>
    [
      name,
      () => {
        throw runtimeError(`${module}.${name} cannot be used here: ${reason}`);
      },
    ] as const;
  return Object.fromEntries(Object.entries(reasons).map(refusing));
}
