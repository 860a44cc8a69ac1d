import { caseVariants } from './case.ts';

/** A Unicode property, by the source of a JavaScript expression that knows it. */
export interface Property {
  readonly source: string;
  readonly negative: boolean;
}

/** A set of characters: code points, or bytes. */
export interface CharSet {
  readonly negative: boolean;
  /** Pairs of first and last, in order, none touching the next. */
  readonly ranges: readonly number[];
  readonly properties: readonly Property[];
  /** For each of the first 256 whether it is in. */
  readonly low: Uint8Array;
}

const testers = new Map<string, RegExp>();

function hasProperty(code: number, { source, negative }: Property): boolean {
  let tester = testers.get(source);
  if (tester === undefined) {
    tester = new RegExp(source, 'u');
    testers.set(source, tester);
  }
  return tester.test(String.fromCodePoint(code)) !== negative;
}

export function setHas(set: CharSet, code: number): boolean {
  return code < 256 ? set.low[code] === 1 : slowHas(set.ranges, set.properties, code) !== set.negative;
}

function slowHas(ranges: readonly number[], properties: readonly Property[], code: number): boolean {
  let [low, high] = [0, ranges.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (code > (ranges[2 * middle + 1] as number)) low = middle + 1;
    else high = middle;
  }
  if (low < ranges.length / 2 && code >= (ranges[2 * low] as number)) return true;
  return properties.some((property) => hasProperty(code, property));
}

export function makeSet(given: readonly number[], negative = false, properties: readonly Property[] = []): CharSet {
  const ranges = merged(given);
  const low = new Uint8Array(256);
  for (let code = 0; code < 256; code++) low[code] = Number(slowHas(ranges, properties, code) !== negative);
  return { negative, ranges, properties, low };
}

const single = new Map<string, CharSet>();

/** One character, with its other cases where case does not matter. */
export function charSet(code: number, caseless: boolean, utf: boolean): CharSet {
  const key = `${code} ${caseless} ${utf}`;
  let set = single.get(key);
  if (set === undefined) {
    const codes = caseless ? caseVariants(code, utf) : [code];
    set = makeSet(codes.flatMap((one) => [one, one]));
    if (single.size < 4096) single.set(key, set);
  }
  return set;
}

/** Ranges with the other cases of what is in them. */
export function caselessRanges(ranges: readonly number[], utf: boolean): readonly number[] {
  const all = [...ranges];
  for (let at = 0; at < ranges.length; at += 2) {
    const [first, last] = [ranges[at] as number, ranges[at + 1] as number];
    // Beyond the scripts that have cases there is nothing to add.
    for (let code = first; code <= Math.min(last, utf ? 0x1e943 : 0x7f); code++)
      for (const other of caseVariants(code, utf)) if (other !== code) all.push(other, other);
  }
  return all;
}

function merged(ranges: readonly number[]): readonly number[] {
  const pairs: Array<readonly [number, number]> = [];
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at] as number, ranges[at + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [first, last] of pairs) {
    const end = out.at(-1);
    if (end !== undefined && first <= end + 1) out[out.length - 1] = Math.max(end, last);
    else out.push(first, last);
  }
  return out;
}

/** The only character of a set; undefined where there are more or none. */
export function onlyCharacter({ ranges, negative, properties }: CharSet): number | undefined {
  return !negative && properties.length === 0 && ranges.length === 2 && ranges[0] === ranges[1] ? ranges[0] : undefined;
}
