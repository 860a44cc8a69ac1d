import { type FileContext, loadLimits, type MacroHandler } from '../context.ts';
import { appendValue, headOf } from '../merge.ts';
import type { UclValue } from '../value.ts';

/**
 * `.inherit "name"`: copies the keys of a top-level object that this object does not have (rspamd:
 * contrib/libucl/ucl_util.c:ucl_inherit_handler). With `replace=true` a key that is there gets a further value.
 */
export const inherit: MacroHandler = (call, file) => {
  const { root, inherited } = file.load;
  const found = root?.type === 'object' ? root.entries.get(call.value) : undefined;
  const parent = found === undefined ? undefined : headOf(found.value);
  if (parent?.type !== 'object') {
    const hint = 'it must be an object at the top level, above this place';
    return { message: `Unable to find inherited object ${call.value}`, hint };
  }
  const option = call.arguments?.entries.get('replace');
  const head = option === undefined ? undefined : headOf(option.value);
  const replace = head?.type === 'boolean' && head.value;
  const target = file.container.entries;
  for (const { key, at, value } of [...parent.entries.values()]) {
    const old = target.get(key);
    if (old !== undefined && !replace) continue;
    const copied = copy(value, file);
    if (copied === undefined) return { message: `more than ${loadLimits.copies} values are inherited` };
    if (old === undefined) {
      const entry = { key, at, value: copied };
      target.set(key, entry);
      if (!replace) inherited.add(entry);
    } else {
      for (const one of copied.type === 'array' && copied.implicit ? copied.items : [copied]) appendValue(old, one);
    }
  }
  return undefined;
};

/**
 * A deep copy, as a later merge may change it; undefined when too much has been copied. Of a repeated key whose first
 * value is an object or an array only that one is copied (rspamd: contrib/libucl/ucl_util.c:ucl_object_copy_internal).
 */
function copy(value: UclValue, file: FileContext): UclValue | undefined {
  if (++file.load.copies > loadLimits.copies) return undefined;
  const head = headOf(value);
  if (head !== value && (head.type === 'object' || head.type === 'array')) return copy(head, file);
  if (value.type === 'array') {
    const items: UclValue[] = [];
    for (const item of value.items) {
      const copied = copy(item, file);
      if (copied === undefined) return undefined;
      items.push(copied);
    }
    return { ...value, items };
  }
  if (value.type !== 'object') return value;
  const entries: typeof value.entries = new Map();
  for (const entry of value.entries.values()) {
    const copied = copy(entry.value, file);
    if (copied === undefined) return undefined;
    entries.set(entry.key, { ...entry, value: copied });
  }
  return { ...value, entries };
}
