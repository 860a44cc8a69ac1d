import { items, nearest, type Position, typeName, type UclObject, type UclValue } from '../ucl/index.ts';
import { type Converted, convert, convertChoice } from './convert.ts';
import type { Findings } from './finding.ts';
import { firstEntry, head } from './lookup.ts';
import {
  type ChoiceOption,
  type DocType,
  type Kind,
  knownNames,
  namesOf,
  type Option,
  type SectionOption,
  type Settings,
  type Table,
  type ValueOption,
} from './option.ts';

export interface ReadOptions {
  /** No notices about options without effect: the whole section has one. */
  readonly quiet?: boolean;
}

/** A value as the configuration gives it, under the name that was used. */
interface Given {
  readonly key: string;
  readonly value: UclValue;
  readonly at: Position;
}

/**
 * Reads sections by their table. Of several sections a later one counts for what it sets. Errors of type are the
 * original's; everything else that has no effect is reported with its place.
 */
export function readSection<T extends Table>(
  table: T,
  sections: readonly UclObject[],
  findings: Findings,
  options: ReadOptions = {},
): Settings<T> {
  const values = new Map<string, unknown>();
  for (const [name, option] of Object.entries(table.options)) {
    if (option.kind === 'special') continue;
    const given = sections.map((section) => find(section, name, option, findings)).filter((one) => one !== undefined);
    const value =
      option.kind === 'section'
        ? readNested(option, given, table, findings, options)
        : readGiven(option, given, table, findings, options);
    values.set(name, value);
  }
  for (const section of sections) checkForeign(table, section, findings);
  return Object.fromEntries(values) as Settings<T>;
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

function readNested(
  option: SectionOption,
  given: readonly Given[],
  parent: Table,
  findings: Findings,
  options: ReadOptions,
): unknown {
  const objects = given.flatMap(({ key, value, at }) => {
    const object = head(value);
    if (object.type === 'object') return [object];
    const message = `default configuration must be an object for section ${key} (actual type is ${typeName(object)})`;
    if (parent.lenient === true) findings.warn(`${key} has no effect: ${message}`, at);
    else findings.error(message, at);
    return [];
  });
  for (const object of objects) reportStrangers(option.table, object, findings, 'when close');
  return readSection(option.table, objects, findings, options);
}

function readGiven(
  option: ValueOption | ChoiceOption,
  given: readonly Given[],
  table: Table,
  findings: Findings,
  options: ReadOptions,
): unknown {
  let result: unknown = option.kind === 'strictFlag' ? false : option.default;
  if (option.repeatable === true) result = [];
  for (const one of given) {
    const value =
      option.repeatable === true ? readAll(option, one, table, findings) : readOne(option, one, table, findings);
    if (value === failed) continue;
    result = value ?? option.default;
    if (options.quiet !== true) noticeLater(option, one, result, findings);
  }
  return result;
}

const failed = Symbol('failed');

function readAll(option: ValueOption | ChoiceOption, given: Given, table: Table, findings: Findings): unknown {
  return items(given.value)
    .map((value) => readValue(option, { ...given, value, at: value.at }, table, findings))
    .filter((value) => value !== failed);
}

function readOne(option: ValueOption | ChoiceOption, given: Given, table: Table, findings: Findings): unknown {
  // A list takes in every value given for its key.
  const [first, ...others] = option.kind === 'list' ? [given.value] : items(given.value);
  if (first === undefined) return failed;
  for (const other of others) {
    if (sameScalar(first, other)) continue;
    findings.warn(`${given.key} is given twice: only the first value counts`, other.at, 'remove one of the two lines');
  }
  return readValue(option, { ...given, value: first }, table, findings);
}

function sameScalar(a: UclValue, b: UclValue): boolean {
  return 'value' in a && 'value' in b && a.type === b.type && a.value === b.value;
}

function readValue(option: ValueOption | ChoiceOption, given: Given, table: Table, findings: Findings): unknown {
  const converted: Converted<unknown> =
    option.kind === 'choice' ? convertChoice(option, given.value) : convert(option.kind, given.value);
  if (!('ok' in converted)) {
    refuse(option, given, converted, table, findings);
    return failed;
  }
  const { ok } = converted;
  if (option.min !== undefined && typeof ok === 'number' && !(ok >= option.min)) {
    const used =
      option.default === undefined ? 'the line has no effect' : `the default ${shownDefault(option)} is used`;
    findings.warn(`the value of ${given.key} must be at least ${option.min}: ${used}`, given.value.at);
    return failed;
  }
  reportUnknownWord(option, given, findings);
  return ok;
}

function shownDefault(option: ValueOption | ChoiceOption): string {
  return option.kind === 'time' ? `${Number(option.default) / 1000}s` : String(option.default);
}

/** The original passes over values of a wrong type in some places; an operator still has to learn of it. */
function refuse(
  option: ValueOption | ChoiceOption,
  given: Given,
  why: { because: (key: string) => string; hint?: string },
  table: Table,
  findings: Findings,
): void {
  const passedOver =
    option.kind === 'strictFlag' ||
    (table.lenient === true && option.kind !== 'publicKey') ||
    (option.kind === 'choice' && option.otherwise === undefined && given.value.type !== 'string');
  if (passedOver && option.kind !== 'strictFlag') {
    findings.warn(`${given.key} has no effect: ${why.because(given.key)}`, given.value.at, why.hint);
  } else if (passedOver) findings.warn(why.because(given.key), given.value.at, why.hint);
  else findings.error(why.because(given.key), given.value.at, why.hint);
}

function reportUnknownWord(option: ValueOption | ChoiceOption, given: Given, findings: Findings): void {
  if (option.kind !== 'choice' || option.otherwise === undefined || given.value.type !== 'string') return;
  const word = given.value.value.toLowerCase();
  if (Object.hasOwn(option.choices, word)) return;
  const words = Object.keys(option.choices);
  findings.warn(
    `unknown word for ${given.key}: ${given.value.value}; it counts as ${option.otherwise}`,
    given.value.at,
    `one of ${words.join(', ')}`,
  );
}

function noticeLater(option: ValueOption | ChoiceOption, given: Given, value: unknown, findings: Findings): void {
  if (option.stock !== true && !isOff(option, value)) noticeOption(option, given.key, given.at, findings);
}

/** Tells that an option which is set has no effect yet; nothing where it has. */
export function noticeOption(option: Option, key: string, at: Position, findings: Findings): void {
  if (option.status === 'honoured') return;
  findings.notice(`option ${key} has no effect yet: ${option.status.later}`, at);
}

function isOff(option: ValueOption | ChoiceOption, value: unknown): boolean {
  if (value === undefined || value === option.default) return true;
  if (option.noticeAbove !== undefined) return typeof value === 'number' && value <= option.noticeAbove;
  return value === false || (Array.isArray(value) && value.length === 0);
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
