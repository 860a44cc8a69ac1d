import { items, type UclObject, type UclValue } from '../ucl/index.ts';
import { head, lookup } from './lookup.ts';

/** The bodies under a key with their names: keys of nested objects, or their `name` attribute. */
export function named(parent: UclObject, key: string): Array<readonly [string, UclObject]> {
  const entry = parent.entries.get(key);
  if (entry === undefined) return [];
  return items(entry.value).flatMap((value) => {
    if (value.type !== 'object') return [];
    const children = [...value.entries.values()].map((child) => [child.key, head(child.value)] as const);
    if (children.every(([, child]) => child.type === 'object')) return children as Array<readonly [string, UclObject]>;
    const name = lookup(value, 'name');
    return name?.type === 'string' ? [[name.value, value] as const] : [];
  });
}

export function flag(body: UclObject, key: string): boolean | undefined {
  const value = lookup(body, key);
  return value?.type === 'boolean' ? value.value : undefined;
}

export function number(value: UclValue | undefined): number | undefined {
  return value?.type === 'int' || value?.type === 'float' ? Number(value.value) : undefined;
}

export function string(value: UclValue | undefined): string | undefined {
  return value?.type === 'string' ? value.value : undefined;
}
