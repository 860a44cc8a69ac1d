import type { Position, UclValue } from '../ucl/index.ts';
import { items } from '../ucl/index.ts';
import { type Converted, convert, convertChoice } from './convert.ts';
import type { Findings } from './finding.ts';
import type { ChoiceOption, Option, Table, ValueOption } from './option.ts';

/** A value as the configuration gives it, under the name that was used. */
export interface Given {
  readonly key: string;
  readonly value: UclValue;
  readonly at: Position;
}

/** What goes along while a section is read. */
export interface Reading {
  readonly table: Table;
  readonly findings: Findings;
}

type ScalarOption = ValueOption | ChoiceOption;

/** The value of an option: of several sections that give it the last one counts, of several values in one the first. */
export function readGiven(option: ScalarOption, given: readonly Given[], reading: Reading): unknown {
  let result: unknown = option.kind === 'strictFlag' ? false : option.default;
  if (option.repeatable === true) result = [];
  for (const one of given) {
    const value = option.repeatable === true ? readAll(option, one, reading) : readOne(option, one, reading);
    if (value === failed) continue;
    result = value ?? option.default;
    noticeLater(option, one, result, reading.findings);
  }
  return result;
}

const failed = Symbol('failed');

/** Kinds that take in every value given for their key. */
const takesAll: ReadonlySet<Option['kind']> = new Set(['list', 'texts', 'map']);

function readAll(option: ScalarOption, given: Given, reading: Reading): unknown {
  // Rspamd knows one key pair and no list of them: where it would refuse the list, it may as well mean all.
  const listed = (value: UclValue) => (option.kind === 'keypair' && value.type === 'array' ? value.items : [value]);
  return items(given.value)
    .flatMap(listed)
    .map((value) => readValue(option, { ...given, value, at: value.at }, reading))
    .filter((value) => value !== failed);
}

function readOne(option: ScalarOption, given: Given, reading: Reading): unknown {
  const [first, ...others] = takesAll.has(option.kind) ? [given.value] : items(given.value);
  if (first === undefined) return failed;
  for (const other of others) {
    if (sameScalar(first, other)) continue;
    reading.findings.warn(
      `${given.key} is given twice: only the first value counts`,
      other.at,
      'remove one of the two lines',
    );
  }
  return readValue(option, { ...given, value: first }, reading);
}

function sameScalar(a: UclValue, b: UclValue): boolean {
  return 'value' in a && 'value' in b && a.type === b.type && a.value === b.value;
}

function readValue(option: ScalarOption, given: Given, reading: Reading): unknown {
  const converted: Converted<unknown> =
    option.kind === 'choice' ? convertChoice(option, given.value) : convert(option.kind, given.value);
  if (!('ok' in converted)) {
    refuse(option, given, converted, reading);
    return failed;
  }
  const { ok } = converted;
  if (option.min !== undefined && typeof ok === 'number' && !(ok >= option.min)) {
    const used =
      option.default === undefined ? 'the line has no effect' : `the default ${shownDefault(option)} is used`;
    reading.findings.warn(`the value of ${given.key} must be at least ${option.min}: ${used}`, given.value.at);
    return failed;
  }
  reportUnknownWord(option, given, reading.findings);
  return ok;
}

function shownDefault(option: ScalarOption): string {
  return option.kind === 'time' ? `${Number(option.default) / 1000}s` : String(option.default);
}

/** The original passes over values of a wrong type in some places; an operator still has to learn of it. */
function refuse(
  option: ScalarOption,
  given: Given,
  why: Exclude<Converted<unknown>, { ok: unknown }>,
  { table, findings }: Reading,
): void {
  const at = why.at ?? given.value.at;
  const passedOver =
    option.kind === 'strictFlag' ||
    (table.lenient === true && option.kind !== 'publicKey' && option.kind !== 'chunk') ||
    (option.kind === 'choice' && option.strict !== true && given.value.type !== 'string');
  if (passedOver && option.kind !== 'strictFlag') {
    findings.warn(`${given.key} has no effect: ${why.because(given.key)}`, at, why.hint);
  } else if (passedOver) findings.warn(why.because(given.key), at, why.hint);
  else findings.error(why.because(given.key), at, why.hint);
}

function reportUnknownWord(option: ScalarOption, given: Given, findings: Findings): void {
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

function noticeLater(option: ScalarOption, given: Given, value: unknown, findings: Findings): void {
  if (!isOff(option, value)) noticeOption(option, given.key, given.at, findings);
}

/** Tells that an option which is set has no effect yet; nothing where it has. */
export function noticeOption(option: Option, key: string, at: Position, findings: Findings): void {
  if (option.status === 'honoured') return;
  findings.notice(`option ${key} has no effect yet: ${option.status.later}`, at);
}

function isOff(option: ScalarOption, value: unknown): boolean {
  if (value === undefined || value === option.default) return true;
  if (option.noticeAbove !== undefined) return typeof value === 'number' && value <= option.noticeAbove;
  return value === false || (Array.isArray(value) && value.length === 0);
}
