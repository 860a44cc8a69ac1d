import { emitUcl, items, text, type UclObject, type UclValue } from '../../../src/ucl/index.ts';
import type { Json } from './json.ts';

/**
 * The first difference between a value and its JSON, as a path and both sides; undefined when there is none. A repeated
 * key counts as an array; the order of keys counts; a time is a number with a fraction.
 */
export function difference(value: UclValue, json: Json, path = '$'): string | undefined {
  if (value.type === 'object' && json.type === 'object') return objectDifference(value, json, path);
  if (value.type === 'array' && json.type === 'array') {
    if (value.items.length !== json.items.length) {
      return `${path}: ${json.items.length} elements expected, ${value.items.length} found`;
    }
    return firstOf(value.items, (item, at) => difference(item, json.items[at] as Json, `${path}[${at}]`));
  }
  return sameScalar(value, json) ? undefined : `${path}: ${shown(json)} expected, ${emitUcl(value)} found`;
}

function objectDifference(value: UclObject, json: Json & { type: 'object' }, path: string): string | undefined {
  const found = [...value.entries.keys()].map(readable);
  const expected = [...json.entries.keys()];
  if (found.length !== expected.length || found.some((key, at) => key !== expected[at])) {
    return `${path}: keys ${expected.join(', ')} expected, ${found.join(', ')} found`;
  }
  return firstOf([...value.entries.values()], (entry) => {
    const key = readable(entry.key);
    return difference(entry.value, json.entries.get(key) as Json, `${path}.${key}`);
  });
}

function firstOf<T>(values: readonly T[], check: (value: T, at: number) => string | undefined): string | undefined {
  for (const [at, value] of values.entries()) {
    const found = check(value, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function sameScalar(value: UclValue, json: Json): boolean {
  switch (value.type) {
    case 'int':
      return json.type === 'int' && json.value === value.value;
    case 'float':
    case 'time':
      return json.type === 'float' && (json.value === value.value || Object.is(json.value, value.value));
    case 'string':
      return json.type === 'string' && json.value === readable(value.value);
    case 'boolean':
      return json.type === 'constant' && json.value === value.value;
    case 'null':
      return json.type === 'constant' && json.value === null;
    default:
      return false;
  }
}

/**
 * Bytes as the corpus writes them: text where they are UTF-8, a surrogate that has been encoded alone as that surrogate,
 * any other byte as `\udcXX`.
 */
function readable(bytes: string): string {
  const surrogate = /\xed([\xa0-\xbf])([\x80-\xbf])/g;
  return bytes
    .split(surrogate)
    .map((part, at) => (at % 3 === 0 ? text(part) : ''))
    .reduce((all, part, at, parts) => {
      if (at % 3 !== 0 || at === 0) return all + part;
      const [high, low] = [...bytes.matchAll(surrogate)][at / 3 - 1]?.slice(1) ?? [];
      const unit = 0xd000 | ((code(high) & 0x3f) << 6) | (code(low) & 0x3f);
      return all + String.fromCharCode(unit) + (parts[at] ?? '');
    }, '');
}

function code(byte: string | undefined): number {
  return byte?.charCodeAt(0) ?? 0;
}

function shown(json: Json): string {
  if (json.type === 'object' || json.type === 'array') return json.type;
  return json.type === 'string' ? JSON.stringify(json.value) : `${json.value} (${json.type})`;
}

/** A value with keys in lower case, as libucl's own test program reads them: keys that become one are repeated. */
export function lowerKeys(value: UclValue): UclValue {
  if (value.type === 'array') return { ...value, items: value.items.map(lowerKeys) };
  if (value.type !== 'object') return value;
  const lowered: UclObject = { ...value, entries: new Map() };
  for (const entry of value.entries.values()) {
    const key = entry.key.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const before = items(lowered.entries.get(key)?.value);
    const all = [...before, ...items(entry.value).map(lowerKeys)];
    const [only] = all;
    if (only === undefined) continue;
    const merged: UclValue = all.length === 1 ? only : { ...value, type: 'array', implicit: true, items: all };
    lowered.entries.set(key, { ...entry, key, value: merged });
  }
  return lowered;
}
