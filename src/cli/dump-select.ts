import { first, items, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';

/**
 * The values at a dotted path, several for a key that is repeated; none where the path leads nowhere. On the way a
 * repeated key is its first value, and a number chooses from an array
 * (libucl: ucl_util.c:ucl_object_lookup_path_char).
 */
export function select(root: UclObject, path: string): readonly UclValue[] {
  let here: UclValue | undefined = root;
  let found: UclValue | undefined;
  for (const part of path.split('.').filter((one) => one !== '')) {
    found = step(here, part);
    here = first(found);
  }
  return items(found);
}

function step(value: UclValue | undefined, part: string): UclValue | undefined {
  if (value?.type === 'object') return value.entries.get(part)?.value;
  return value?.type === 'array' && /^\d+$/.test(part) ? value.items[Number(part)] : undefined;
}

/**
 * What the operator changed: values of a priority above `lowest` and the containers they stand in; undefined when there
 * is none (rspamd: src/rspamadm/configdump.c:filter_non_default).
 */
export function aboveDefault(value: UclValue, lowest: 0 | 1): UclValue | undefined {
  if (value.type === 'object') return objectAbove(value, lowest);
  if (value.type === 'array' && (value.implicit || value.priority <= lowest)) {
    const kept = value.items.flatMap((item) => aboveDefault(item, lowest) ?? []);
    return kept.length === 0 ? undefined : { ...value, items: kept };
  }
  return value.priority > lowest ? value : undefined;
}

function objectAbove(object: UclObject, lowest: 0 | 1): UclObject | undefined {
  const kept = [...object.entries.values()].flatMap((entry): Array<[string, UclEntry]> => {
    const value = aboveDefault(entry.value, lowest);
    return value === undefined ? [] : [[entry.key, { ...entry, value }]];
  });
  if (kept.length === 0 && object.priority <= lowest) return undefined;
  return { ...object, entries: new Map(kept) };
}
