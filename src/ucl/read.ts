import type { UclEntry, UclValue } from './value.ts';

/** The value of a key, which may be an implicit array; undefined when there is none, or no object. */
export function get(value: UclValue | undefined, key: string): UclValue | undefined {
  return value?.type === 'object' ? value.entries.get(key)?.value : undefined;
}

/** The entry of a key, which says where the key stands. */
export function entry(value: UclValue | undefined, key: string): UclEntry | undefined {
  return value?.type === 'object' ? value.entries.get(key) : undefined;
}

/** The values of a key that may be repeated: those of an implicit array, or the one; none for undefined. */
export function items(value: UclValue | undefined): readonly UclValue[] {
  if (value === undefined) return [];
  return value.type === 'array' && value.implicit ? value.items : [value];
}

/** The first value of a key that may be repeated. */
export function first(value: UclValue | undefined): UclValue | undefined {
  return value?.type === 'array' && value.implicit ? value.items[0] : value;
}

/** libucl's names of types, as its error texts have them (rspamd: ucl_util.c:ucl_object_type_to_string). */
export function typeName(value: UclValue): string {
  const names = { int: 'integer', float: 'number', time: 'number' } as const;
  return value.type in names ? names[value.type as keyof typeof names] : value.type;
}
