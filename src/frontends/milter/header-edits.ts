import type { Edit } from '../../wire/milter/index.ts';
import { headerValue, isHeaderName } from './header-value.ts';
import type { ToBytes } from './result-text.ts';

/** Headers of the message as the MTA sent them: how many of each name, names compared case-insensitively. */
export class HeaderCounts {
  readonly total: number;
  readonly #byName = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.total = names.length;
    for (const name of names) {
      const key = name.toLowerCase();
      this.#byName.set(key, (this.#byName.get(key) ?? 0) + 1);
    }
  }

  of(name: string): number {
    return this.#byName.get(name.toLowerCase()) ?? 0;
  }
}

/** A JSON object that is neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `milter.remove_headers`: name to a position or several. n is the n-th header of that name, 0 all, -n the n-th from
 * the end. All positions mean the message as it came. They are sent from the last to the first, which is right both for
 * MTAs that count anew after each deletion (Postfix) and for those that do not (Sendmail).
 */
export function removals(wanted: unknown, present: HeaderCounts): Edit[] {
  if (!isObject(wanted)) return [];
  const byName = new Map<string, { name: string; positions: Set<number> }>();
  for (const [name, value] of Object.entries(wanted)) {
    const count = present.of(name);
    if (count === 0) continue;
    const entry = byName.get(name.toLowerCase()) ?? { name, positions: new Set() };
    byName.set(name.toLowerCase(), entry);
    for (const position of Array.isArray(value) ? value : [value])
      for (const found of resolved(position, count)) entry.positions.add(found);
  }
  return [...byName.values()].flatMap(({ name, positions }) =>
    [...positions].sort((a, b) => b - a).map((index) => deletion(name, index)),
  );
}

function resolved(position: unknown, count: number): number[] {
  if (!Number.isInteger(position)) return [];
  const wanted = position as number;
  if (wanted === 0) return Array.from({ length: count }, (_, at) => at + 1);
  const index = wanted > 0 ? wanted : count + wanted + 1;
  return index >= 1 && index <= count ? [index] : [];
}

function deletion(name: string, index: number): Edit {
  return { is: 'change-header', index, name, value: '' };
}

export interface Additions {
  readonly edits: Edit[];
  /** Names of entries that have no usable value or name. */
  readonly skipped: string[];
}

/**
 * `milter.add_headers`: name to a string, to `{value, order}`, or to an array of these. A string is appended. `order`
 * (or `index`) n >= 0 inserts behind n headers, -1 appends, -k counts from the end.
 *
 * @param total headers of the message after the removals
 */
export function additions(wanted: unknown, total: number, toBytes: ToBytes): Additions {
  const edits: Edit[] = [];
  const skipped: string[] = [];
  if (!isObject(wanted)) return { edits, skipped };
  let count = total;
  for (const [name, given] of Object.entries(wanted)) {
    for (const one of Array.isArray(given) ? given : [given]) {
      const header = isHeaderName(name) ? addition(name, one, count, toBytes) : undefined;
      if (header === undefined) skipped.push(name);
      else edits.push(header);
      // Plain strings have never counted, and positions from the end are relied on.
      if (header !== undefined && isObject(one)) count++;
    }
  }
  return { edits, skipped };
}

function addition(name: string, given: unknown, count: number, toBytes: ToBytes): Edit | undefined {
  if (typeof given === 'string') return { is: 'add-header', name, value: headerValue(name, toBytes(given)) };
  if (!isObject(given) || typeof given['value'] !== 'string') return undefined;
  const value = headerValue(name, toBytes(given['value']));
  const order = given['order'] ?? given['index'];
  if (typeof order !== 'number' || !Number.isFinite(order) || Math.trunc(order) === -1)
    return { is: 'add-header', name, value };
  return { is: 'insert-header', index: insertionIndex(Math.trunc(order), count), name, value };
}

const largestIndex = 0x7fffffff;

/** The 2 stands for the MTA's own Received header, which it hides from milters, and for counting from 1. */
function insertionIndex(order: number, count: number): number {
  if (order >= 0) return Math.min(order, largestIndex);
  return -order <= count ? count + order + 2 : 0;
}

/** All headers of that name go, one with the value comes: `Yes` in the spam header. */
export function replaceHeader(name: string, value: string, present: HeaderCounts): Edit[] {
  const count = present.of(name);
  const deletions = Array.from({ length: count }, (_, at) => deletion(name, count - at));
  return [...deletions, { is: 'change-header', index: 1, name, value: headerValue(name, value) }];
}

/** `dkim-signature`, one or several, right below the Received header of the MTA. */
export function signatures(value: unknown, toBytes: ToBytes): Edit[] {
  const values = Array.isArray(value) ? value : [value];
  return values
    .filter((one): one is string => typeof one === 'string')
    .map((one, at) => ({
      is: 'insert-header',
      index: at + 1,
      name: 'DKIM-Signature',
      value: headerValue('DKIM-Signature', toBytes(one)),
    }));
}
