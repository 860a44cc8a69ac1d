import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { lineAndColumn, parseText, type TextOptions, type UclValue } from '../../src/ucl/index.ts';

/** A time, as opposed to a number. */
export const time = (seconds: number): unknown => ({ time: seconds });
/** A number with a fraction, whole or not. */
export const float = (value: number): unknown => ({ float: value });
/** A key that is given several times. */
export const repeated = (...values: unknown[]): unknown => ({ repeated: values });

/**
 * A value as a test writes it down: ints as numbers (bigint where a number cannot hold them), objects as lists of pairs
 * turned into objects, and {@link time}, {@link float} and {@link repeated}.
 */
export function plain(value: UclValue): unknown {
  switch (value.type) {
    case 'object':
      return Object.fromEntries([...value.entries.values()].map((one) => [one.key, plain(one.value)]));
    case 'array':
      return value.implicit ? repeated(...value.items.map(plain)) : value.items.map(plain);
    case 'int':
      return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : value.value;
    case 'float':
      return float(value.value);
    case 'time':
      return time(value.value);
    case 'null':
      return null;
    default:
      return value.value;
  }
}

/** The value of a text that must be accepted. */
export function read(text: string, options: TextOptions = {}): unknown {
  const { value, diagnostics } = parseText(text, options);
  assert.ok(value !== undefined, `${JSON.stringify(text)}: ${diagnostics[0]?.message}`);
  return plain(value);
}

/** What is wrong with a text that must be refused, as `line:column message`. */
export function errors(text: string, options: TextOptions = {}): string[] {
  const { value, diagnostics } = parseText(text, options);
  assert.ok(value === undefined, `${JSON.stringify(text)} is accepted`);
  return diagnostics
    .filter((one) => one.severity === 'error')
    .map(({ at, message }) => {
      const { line, column } = lineAndColumn(at);
      return `${line}:${column} ${message}`;
    });
}

/** A folder with files, gone when the test ends. */
export function folderOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ucl-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, 'latin1');
  return folder;
}

/** A reproducible source of random numbers from 0 up to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
