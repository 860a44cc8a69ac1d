import { nearest, typeName, type UclObject } from '../ucl/index.ts';
import { convert } from './convert.ts';
import type { Findings } from './finding.ts';
import { type Given, noticeOption, type Reading, readGiven } from './given.ts';
import { firstEntry, head } from './lookup.ts';
import {
  type DocType,
  type Kind,
  knownNames,
  namesOf,
  type Option,
  type SectionOption,
  type Settings,
  type Table,
} from './option.ts';

/**
 * Reads sections by their table. Of several sections a later one counts for what it sets. Errors of type are the
 * original's; everything else that has no effect is reported with its place.
 */
export function readSection<T extends Table>(
  table: T,
  sections: readonly UclObject[],
  findings: Findings,
): Settings<T> {
  const reading: Reading = { table, findings };
  const values = new Map<string, unknown>();
  for (const [name, option] of Object.entries(table.options)) {
    if (option.kind === 'special') continue;
    const given = sections.map((section) => find(section, name, option, findings)).filter((one) => one !== undefined);
    const value = option.kind === 'section' ? readNested(option, given, reading) : readGiven(option, given, reading);
    values.set(name, value);
  }
  for (const section of sections) checkForeign(table, section, findings);
  return Object.fromEntries(values) as Settings<T>;
}

/** Reads the section of a module by its table; undefined where the configuration has none. */
export function readModule<T extends Table>(table: T, section: UclObject | undefined, findings: Findings): Settings<T> {
  if (section === undefined) return readSection(table, [], findings);
  reportStrangers(table, section, findings, 'all');
  for (const [name, option] of Object.entries(table.options)) {
    const entry = option.kind === 'special' ? firstEntry(section, namesOf(name, option)) : undefined;
    if (entry !== undefined) noticeOption(option, entry.key, entry.at, findings);
  }
  return readSection(table, [section], findings);
}

function find(section: UclObject, name: string, option: Option, findings: Findings): Given | undefined {
  const names = namesOf(name, option);
  const entry = firstEntry(section, names);
  if (entry === undefined) return undefined;
  for (const other of names) {
    const shadowed = other === entry.key ? undefined : section.entries.get(other);
    if (shadowed !== undefined) {
      findings.warn(`${other} has no effect: ${entry.key} is the same option and counts before it`, shadowed.at);
    }
  }
  return { key: entry.key, value: entry.value, at: entry.at };
}

function readNested(option: SectionOption, given: readonly Given[], { table, findings }: Reading): unknown {
  const objects = given.flatMap(({ key, value, at }) => {
    const object = head(value);
    if (object.type === 'object') return [object];
    const message = `default configuration must be an object for section ${key} (actual type is ${typeName(object)})`;
    if (table.lenient === true) findings.warn(`${key} has no effect: ${message}`, at);
    else findings.error(message, at);
    return [];
  });
  for (const object of objects) reportStrangers(option.table, object, findings, 'when close');
  return readSection(option.table, objects, findings);
}

const foreignKinds: Readonly<Partial<Record<DocType, Kind>>> = {
  string: 'string',
  'string list': 'list',
  int: 'integer',
  int16: 'integer',
  int32: 'integer',
  int64: 'integer',
  uint: 'integer',
  size: 'integer',
  double: 'double',
  time: 'time',
  bool: 'flag',
};

/** Options of other workers are not used, but a value of a wrong type is an error for the original, hence for us. */
function checkForeign(table: Table, section: UclObject, findings: Findings): void {
  for (const [key, type] of Object.entries(table.foreign ?? {})) {
    const entry = section.entries.get(key);
    const kind = type === 'any' ? undefined : foreignKinds[type];
    if (entry === undefined || kind === undefined) continue;
    const value = kind === 'list' ? entry.value : head(entry.value);
    const converted = convert(kind, value);
    if (!('ok' in converted)) findings.error(converted.because(key), value.at, converted.hint);
  }
}

/**
 * Reports names that mean nothing in a section: all of them, or only those that look like a misspelt option of ours (in
 * sections where names of old versions and of other modules abound).
 *
 * @param advise what to do about a name that is like none of ours
 */
export function reportStrangers(
  table: Table,
  section: UclObject,
  findings: Findings,
  which: 'all' | 'when close',
  advise?: (key: string) => string | undefined,
): void {
  const known = new Set([...knownNames(table), ...Object.keys(table.foreign ?? {})]);
  const place = table.path.replace(/^workers\.rspamd_proxy\./, '');
  for (const { key, at } of section.entries.values()) {
    if (known.has(key)) continue;
    const advice = advise?.(key);
    const close = advice === undefined ? nearest(key, knownNames(table)) : undefined;
    if (which === 'when close' && close === undefined) continue;
    const hint = close === undefined ? advice : `did you mean ${close}?`;
    findings.warn(`unknown option ${key} in section ${place} has no effect`, at, hint);
  }
}
