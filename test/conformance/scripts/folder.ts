import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A script with the calls that were recorded with it, and what came of them. */
export interface RecordedScript<Call, Expected> {
  readonly name: string;
  /** Byte string. */
  readonly text: string;
  readonly calls: readonly Call[];
  readonly expected: Expected;
}

/** The cases of a folder: `NAME.lua` with `NAME.json` and `NAME.expect.json`. */
export function* recordedScripts<Call, Expected>(folder: string): Generator<RecordedScript<Call, Expected>> {
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.lua'));
  for (const file of scripts.sort()) {
    const name = file.slice(0, -'.lua'.length);
    if (!existsSync(join(folder, `${name}.expect.json`))) continue;
    const { calls } = json(`${name}.json`) as { readonly calls: readonly Call[] };
    const expected = json(`${name}.expect.json`) as Expected;
    yield { name, text: readFileSync(join(folder, file), 'latin1'), calls, expected };
  }
}

/** What is first different between two values, in a line; undefined where they are the same. */
export function firstDifference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (Object.is(expected, actual)) return undefined;
  const [left, right] = [fields(expected), fields(actual)];
  if (left === undefined || right === undefined || Array.isArray(expected) !== Array.isArray(actual)) {
    return `${path || 'all'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  }
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = firstDifference(left[key], right[key], path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fields(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
