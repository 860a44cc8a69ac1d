import type { Position } from './source.ts';
import type { UclArray, UclEntry, UclObject, UclValue } from './value.ts';

/** What happens to a key that is there already. */
export type Strategy = 'append' | 'merge' | 'rewrite' | 'error';

/** Where the value of a key goes. */
export interface Slot {
  /** The strategy is `merge` and this is here already: a container written now goes on inside it. */
  readonly existing: UclObject | UclArray | undefined;
  put(value: UclValue): void;
}

interface NewKey {
  readonly key: string;
  readonly at: Position;
  readonly priority: number;
  readonly strategy: Strategy;
}

/**
 * Finds the place for a key's value (rspamd: contrib/libucl/ucl_parser.c:ucl_parser_process_object_element).
 *
 * @param inherited the entries that came by `.inherit`: whatever follows with `append` replaces them
 * @returns undefined for a key that must not be repeated
 */
export function slotFor(container: UclObject, added: NewKey, inherited: Set<UclEntry>): Slot | undefined {
  const { key, at, priority, strategy } = added;
  const old = container.entries.get(key);
  const replace = (value: UclValue): void => {
    container.entries.set(key, { key, at, value });
  };
  if (old === undefined || strategy === 'rewrite') return { existing: undefined, put: replace };
  if (strategy === 'error') return undefined;
  const head = headOf(old.value);
  if (strategy === 'merge' && (head.type === 'object' || head.type === 'array')) {
    // A scalar takes the container's place, and its priority with it.
    return { existing: head, put: (value) => replaceHead(old, { ...value, priority: head.priority }) };
  }
  if (priority > head.priority || (strategy === 'append' && inherited.has(old)))
    return { existing: undefined, put: replace };
  const lost = priority < head.priority;
  return { existing: undefined, put: (value) => (lost ? undefined : appendValue(old, value)) };
}

/** The value that decides for a repeated key: its first. */
export function headOf(value: UclValue): UclValue {
  return value.type === 'array' && value.implicit ? (value.items[0] ?? value) : value;
}

function replaceHead(entry: UclEntry, value: UclValue): void {
  if (entry.value.type === 'array' && entry.value.implicit) entry.value.items[0] = value;
  else entry.value = value;
}

/** Adds a further value to a key: an implicit array. */
export function appendValue(entry: UclEntry, value: UclValue): void {
  const old = entry.value;
  if (old.type === 'array' && old.implicit) {
    old.items.push(value);
  } else {
    entry.value = { type: 'array', implicit: true, items: [old, value], priority: old.priority, at: old.at };
  }
}
