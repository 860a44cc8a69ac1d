import { text, type UclValue } from '../../../src/ucl/index.ts';

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * A value as the recorded JSON has it: a repeated key is a list, a time its seconds. Of a repeated key whose first value
 * is an array Rspamd prints that array only (rspamd: contrib/libucl/ucl_emitter.c:ucl_emitter_common_start_array).
 */
export function plain(value: UclValue): Plain {
  switch (value.type) {
    case 'object':
      return Object.fromEntries([...value.entries.values()].map((entry) => [text(entry.key), plain(entry.value)]));
    case 'array': {
      const [first] = value.items;
      return value.implicit && first?.type === 'array' ? plain(first) : value.items.map(plain);
    }
    case 'string':
      return text(value.value);
    case 'int':
      return Number(value.value);
    case 'null':
      return null;
    default:
      return value.value;
  }
}

/** Where two values differ first, in words; undefined when they are the same. Numbers were recorded with 6 decimals. */
export function difference(expected: unknown, got: unknown, path = ''): string | undefined {
  const here = path === '' ? 'the whole' : path;
  if (typeof expected === 'number' && typeof got === 'number') {
    return Math.abs(expected - got) <= 5e-7 * Math.max(1, Math.abs(expected)) ? undefined : told(here, expected, got);
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    if (expected.length !== got.length) return told(here, expected, got);
    return firstOf(expected.map((one, index) => difference(one, got[index], `${path}[${index}]`)));
  }
  if (isObject(expected) && isObject(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return firstOf([...keys].map((key) => difference(expected[key], got[key], path === '' ? key : `${path}.${key}`)));
  }
  return Object.is(expected, got) ? undefined : told(here, expected, got);
}

function told(here: string, expected: unknown, got: unknown): string {
  return `${here}: expected ${short(expected)}, got ${short(got)}`;
}

function short(value: unknown): string {
  const shown = JSON.stringify(value) ?? 'nothing';
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}

function firstOf(found: ReadonlyArray<string | undefined>): string | undefined {
  return found.find((one) => one !== undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
