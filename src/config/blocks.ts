import { items, type Position, text, typeName, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';
import type { Findings } from './finding.ts';
import { head, lookup } from './lookup.ts';
import { knownNames, type Table } from './option.ts';
import { mirrorTable, upstreamTable } from './tables/upstream.ts';

export type Word = 'upstream' | 'mirror';

/** An `upstream` or `mirror` block with its name. */
export interface Block {
  readonly name: string;
  readonly body: UclObject;
  readonly at: Position;
}

/** The original says nothing of a block that it does not use. */
export function reportIgnoredBlock(ignored: UclValue, first: UclValue | undefined, findings: Findings): void {
  const name = nameInside(ignored);
  const kept = first === undefined ? undefined : nameInside(first);
  findings.warn(
    `${name === undefined ? 'this upstream' : `upstream ${name}`} is ignored: of several upstream blocks side by side in one file only the first counts`,
    nameAt(ignored),
    `put them into one block: upstream { ${text(kept ?? 'first')} { .. } ${text(name ?? 'second')} { .. } }`,
  );
}

function nameInside(value: UclValue): string | undefined {
  if (value.type !== 'object') return undefined;
  const name = lookup(value, 'name');
  if (name?.type === 'string') return name.value;
  return [...value.entries.values()].find((entry) => head(entry.value).type === 'object')?.key;
}

function nameAt(value: UclValue): Position {
  const [only] = value.type === 'object' ? value.entries.values() : [];
  return only === undefined ? value.at : only.at;
}

/** A block with a `name` is one target; without one, each of its children is (and its key the name). */
export function namedBlocks(value: UclValue, entry: UclEntry, word: Word, findings: Findings): Block[] {
  if (value.type === 'null') {
    findings.error(
      `${word} option must be an object`,
      value.at,
      `leave the line out, or write ${word} "NAME" { enabled = false; }`,
    );
    return [];
  }
  if (value.type !== 'object') {
    findings.warn(
      `${entry.key} has no effect: it is ${typeName(value)}, not an object`,
      value.at,
      `write ${word} "NAME" { .. }`,
    );
    return [];
  }
  const name = lookup(value, 'name');
  if (name !== undefined) return ownName(name, value, word, findings);
  if (entry.key !== word) return [{ name: entry.key, body: value, at: entry.at }];
  return children(value, word, findings);
}

function ownName(name: UclValue, body: UclObject, word: Word, findings: Findings): Block[] {
  // Anything else crashes the original.
  if (name.type === 'string') return [{ name: name.value, body, at: body.at }];
  findings.error(`the name of this ${word} must be a string, not ${typeName(name)}`, name.at, 'put it into quotes');
  return [];
}

function children(value: UclObject, word: Word, findings: Findings): Block[] {
  const table: Table = word === 'upstream' ? upstreamTable : mirrorTable;
  const options = new Set(knownNames(table));
  const entries = [...value.entries.values()];
  const stray = entries.find((child) => options.has(child.key) && head(child.value).type !== 'object');
  if (stray !== undefined) {
    findings.warn(
      `this ${word} has no name, so its options have no effect`,
      stray.at,
      `write ${word} "NAME" { .. }, or name = "NAME"; inside`,
    );
  }
  return entries.flatMap((child) => {
    const [first, ...others] = items(child.value);
    for (const other of others) {
      findings.warn(`a second ${child.key} inside the same ${word} block is ignored`, other.at, 'give it another name');
    }
    if (first === undefined || (stray !== undefined && first.type !== 'object')) return [];
    return namedBlocks(first, child, word, findings);
  });
}

/** rspamd: src/libserver/cfg_utils.cxx:rspamd_config_is_enabled_from_ucl; what is neither on nor off counts as off. */
export function isEnabled(body: UclObject, findings: Findings): boolean {
  const enabled = flagWord(lookup(body, 'enabled'), 'enabled', findings);
  if (enabled === false || enabled === 'bad') return false;
  // A string that says yes does not end the search: `disabled` is still looked at; a boolean does.
  if (enabled === true && lookup(body, 'enabled')?.type === 'boolean') return true;
  const disabled = flagWord(lookup(body, 'disabled'), 'disabled', findings);
  return disabled === undefined || disabled === false;
}

const words: ReadonlyMap<string, boolean> = new Map([
  ...['y', '1', 'on', 'yes', 'true'].map((word) => [word, true] as const),
  ...['n', '0', 'no', 'off', 'false'].map((word) => [word, false] as const),
]);

function flagWord(value: UclValue | undefined, key: string, findings: Findings): boolean | 'bad' | undefined {
  if (value?.type === 'boolean') return value.value;
  if (value?.type !== 'string') return undefined;
  const meaning = words.get(value.value.toLowerCase());
  if (meaning === undefined)
    findings.warn(`wrong value for ${key}: the block is switched off`, value.at, 'write true or false');
  return meaning ?? 'bad';
}
