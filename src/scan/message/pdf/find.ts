import type { ByteString } from '../bytes.ts';

/** Places of each kind that are noted. */
const maxPlaces = 500_000;

/** What stands around an object's number. */
const beforeNumber = 32;

/** rspamd: lualib/lua_content/pdf.lua, max_pdf_objects. Those that are smaller than `small` do not count. */
export const maxObjects = 10_000;
const small = 32;
/** Objects of any size. */
const maxAnyObjects = 200_000;

/** Where an object stands: offsets in the file. */
export interface FoundObject {
  readonly major: number;
  readonly minor: number;
  readonly start: number;
  readonly end: number;
  /** What its stream holds. */
  stream: { readonly start: number; readonly end: number } | undefined;
}

/**
 * Looks for the objects of a file; its tables of places are not believed, and an end belongs to the start that happens
 * to come in the same turn (rspamd: lualib/lua_content/pdf.lua:extract_outer_objects).
 * @returns them, and how often one seems to start
 */
export function findObjects(text: ByteString): { readonly found: FoundObject[]; readonly starts: number } {
  const { places: starts, count } = objectStarts(text);
  const ends = placesOf(text, /endobj(?=[\r\n])/g);
  const found: FoundObject[] = [];
  let counted = 0;
  for (let i = 0, j = 0; i < starts.length && j < ends.length && found.length < maxAnyObjects; ) {
    const [start, end] = [starts[i] as number, ends[j] as number];
    if (start + 6 < end) {
      if (end - start - 6 >= small && ++counted > maxObjects) break;
      const before = ends[j - 1] ?? -1;
      let from = Math.max(start - beforeNumber, 0);
      if (before >= from && before < start) from = before + 1;
      const numbers = /(\d+)[\t-\r ]+(\d+)[\t-\r ]+obj/.exec(text.slice(from, start + 1));
      if (numbers !== null)
        found.push({
          major: Number(numbers[1]),
          minor: Number(numbers[2]),
          start,
          end: end - 6,
          stream: undefined,
        });
      i++;
      j++;
    } else {
      if (start <= end) i++;
      j++;
    }
  }
  attachStreams(text, found);
  return { found, starts: count };
}

/** Offsets behind the matches. */
function placesOf(text: ByteString, pattern: RegExp): number[] {
  const places: number[] = [];
  while (places.length < maxPlaces && pattern.exec(text) !== null) places.push(pattern.lastIndex);
  return places;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isBlank = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d);

/** Offsets behind the word, with two numbers before it, at the start of a line. */
function objectStarts(text: ByteString): { readonly places: readonly number[]; readonly count: number } {
  const places: number[] = [];
  let count = 0;
  const back = (from: number, is: (code: number) => boolean): number => {
    let at = from;
    while (at > 0 && is(text.charCodeAt(at - 1))) at--;
    return at;
  };
  for (const { index } of text.matchAll(/obj(?=[\t-\r <])/g)) {
    const minorEnd = back(index, isBlank);
    const minor = back(minorEnd, isDigit);
    const majorEnd = back(minor, isBlank);
    const major = back(majorEnd, isDigit);
    if (minorEnd === index || minor === minorEnd || majorEnd === minor || major === majorEnd) continue;
    const line = back(major, isBlank);
    if (!/[\r\n]/.test(text.slice(line, major)) && text[line - 1] !== '\0') continue;
    count++;
    if (places.length < maxPlaces) places.push(index + 3);
  }
  return { places, count };
}

/** rspamd: lualib/lua_content/pdf.lua:attach_pdf_streams. */
function attachStreams(text: ByteString, objects: readonly FoundObject[]): void {
  const starts = placesOf(text, />[\t-\r ]*stream(?=[\r\n])/g);
  const ends = placesOf(text, /endstream(?=[\r\n])/g);
  let i = 0;
  let j = 0;
  for (const object of objects) {
    while (i < starts.length && j < ends.length) {
      let start = starts[i] as number;
      // Before the word, and without the line end that should stand there.
      let end = (ends[j] as number) - 10;
      if (start > object.start && end < object.end && end > start) {
        while ((ends[j + 1] ?? Number.POSITIVE_INFINITY) < object.end) end = ends[++j] as number;
        while (start < end && (text[start] === '\r' || text[start] === '\n')) start++;
        object.stream = { start, end };
        i++;
        j++;
        break;
      }
      if (start < object.start) i++;
      else if (end > object.end) break;
      else {
        i++;
        j++;
      }
    }
  }
}
