import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project.ts';

/** An expression, as Lua's loader wants it, and what it comes to. */
export interface Case {
  readonly code: string;
  /**
   * What Rspamd 4.1.6 answers (read in its source), where 3.4 answers something else or has no such thing; undefined
   * where both are of one mind.
   */
  readonly expected: string | undefined;
}

const folder = join(projectRoot, 'fixtures/rspamd-lua');

export const prelude: string = readFileSync(join(folder, 'prelude.lua'), 'latin1');

/** Names of the groups of cases. */
export const groups: readonly string[] = readdirSync(join(folder, 'cases'))
  .map((name) => name.replace(/\.lua$/, ''))
  .sort();

export function readCases(group: string): Case[] {
  const text = readFileSync(join(folder, 'cases', `${group}.lua`), 'latin1');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [code = '', expected] = line.split(' --> ');
      return { code, expected };
    });
}

/** Where the answers of Debian's Rspamd 3.4 are kept for machines without it, by group. */
export const recordFile = (group: string): string => join(folder, 'debian-3.4', `${group}.txt`);

/** A Lua list of strings. */
export function luaList(items: readonly string[]): string {
  const quoted = items.map(
    (item) => `"${item.replace(/[\\"\n\r\0]/g, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`)}"`,
  );
  return `{${quoted.join(', ')}}`;
}
