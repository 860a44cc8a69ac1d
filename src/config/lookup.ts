import { first, items, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';

/** The value of a key, of a repeated key the first one: what the original finds when it looks up a key. */
export function lookup(object: UclObject, key: string): UclValue | undefined {
  return first(object.entries.get(key)?.value);
}

/** The first of a value given several times, any other value as it is. */
export function head(value: UclValue): UclValue {
  return first(value) ?? value;
}

/** The entry of the first of several names that is there. */
export function firstEntry(object: UclObject, names: readonly string[]): UclEntry | undefined {
  for (const name of names) {
    const entry = object.entries.get(name);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/**
 * Repeated keys, arrays and objects laid open, one level each, as lists of strings are walked
 * (libucl: ucl_util.c:ucl_object_iterate_safe).
 */
export function walk(value: UclValue): UclValue[] {
  return items(value).flatMap((one) => {
    if (one.type === 'array') return one.items;
    if (one.type === 'object') return [...one.entries.values()].map((entry) => head(entry.value));
    return [one];
  });
}
