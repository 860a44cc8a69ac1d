import type { ByteString } from '../bytes.ts';

/** What the text heuristic looks at. */
export interface TextCandidate {
  readonly content: ByteString;
  /** Declared, lower case. */
  readonly type: string;
  readonly subtype: string;
  readonly filename: string | undefined;
}

/** Marks of text formats near the start with their weights (rspamd: lualib/lua_magic/heuristics.lua). */
const marks: ReadonlyArray<readonly [ext: string, weight: number, pattern: RegExp]> = [
  ['html', 32, /<html[\s>]/gi],
  ['html', 20, /<script\b/gi],
  ['html', 31, /<script\s+type="text\/javascript">/g],
  ['html', 33, /<!DOCTYPE HTML\b/gi],
  ['html', 20, /<body\b/gi],
  ['html', 20, /<table\b/gi],
  ['html', 10, /<a\s/gi],
  ['html', 10, /<p\b/gi],
  ['html', 10, /<div\b/gi],
  ['html', 10, /<span\b/gi],
  // A match begins with a word: the look-behind keeps long words from being read again from each of their letters.
  ['csv', 20, /(?<![-\w])(?:[-\w]+\s*,){2,}[-\w]+,? *[\r\n]/g],
  ['ics', 40, /^BEGIN:VCALENDAR\r?\n/g],
  ['vcf', 40, /^BEGIN:VCARD\r?\n/g],
  ['xml', 40, /<\?xml\b.+\?>/g],
];

/**
 * The format of text: `html`, `csv`, `xml`, … or `txt`.
 * @returns undefined where the bytes are no text, or text of a type that is not declared as such
 */
export function textExtension(candidate: TextCandidate): string | undefined {
  const { content, type, subtype, filename } = candidate;
  const long = content.length > 240;
  const isText = long
    ? looksLikeText(content.slice(0, 160)) && looksLikeText(content.slice(-81, -1))
    : looksLikeText(content);
  if (content.length === 0 || !isText || type === 'message') return undefined;
  const marked = markedExtension(content, filename !== undefined);
  if (marked !== undefined) return marked;
  if ((type === 'text' || type === 'application') && (subtype === 'html' || subtype === 'xhtml+xml')) return 'html';
  if (subtype === 'csv' && isCsv(content)) return 'csv';
  if (filename !== undefined && /.\.html?$/is.test(filename)) return 'html';
  return type === 'text' ? 'txt' : undefined;
}

function markedExtension(content: ByteString, named: boolean): string | undefined {
  const start = content.slice(0, 4096);
  const weights = new Map<string, number>();
  for (const [ext, weight, pattern] of marks) {
    if (ext === 'csv' ? !start.includes(',') : !/[<B]/.test(start)) continue;
    const found = start.match(pattern)?.length ?? 0;
    if (found > 0) weights.set(ext, (weights.get(ext) ?? 0) + weight * found);
  }
  const html = weights.get('html');
  if (html !== undefined && html >= 40) return 'html';
  if (html !== undefined) weights.delete('xml');
  const [best] = [...weights].sort(([, a], [, b]) => b - a);
  if (best === undefined) return undefined;
  const [ext, weight] = best;
  if (weight >= 40) return ext !== 'csv' || isCsv(content) ? ext : undefined;
  return named && weight >= 20 ? ext : undefined;
}

/** At most one byte in 128 is neither printable nor part of a longer run or character beyond ASCII. */
function looksLikeText(span: ByteString): boolean {
  let odd = 0;
  for (let at = 0; at < span.length; at++) {
    const byte = span.charCodeAt(at);
    if (byte < 0x20) {
      if (byte !== 0x0d && byte !== 0x0a && byte !== 0x09) odd++;
    } else if (byte >= 0x7f) {
      const skip = localText(span, at);
      if (skip === 0) odd++;
      else at += skip;
    }
  }
  return odd / span.length <= 1 / 128;
}

/** How many bytes behind this one belong to a character, or to a run of three and more high bytes; 0 for none. */
function localText(span: ByteString, from: number): number {
  let at = from;
  for (; at < span.length - 1; at++) {
    const byte = span.charCodeAt(at);
    if (byte < 0x7f) break;
    const left = span.length - 1 - at;
    const follows = (n: number) => (span.charCodeAt(at + n) & 0xc0) === 0x80;
    if ((byte & 0xe0) === 0xc0 && left > 1 && follows(1)) return 1;
    if ((byte & 0xf0) === 0xe0 && left > 2 && follows(1) && follows(2)) return 2;
    if ((byte & 0xf8) === 0xf0 && left > 3 && follows(1) && follows(2) && follows(3)) return 3;
  }
  return at - from >= 3 ? at - from : 0;
}

const maxCsvChunk = 32_768;

/** The first eleven lines have one and the same number of fields, two at least. */
function isCsv(content: ByteString): boolean {
  let expected: number | undefined;
  const lines = content.slice(0, maxCsvChunk).split(/\r\n|\n|\r/, 12);
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines.slice(0, 11)) {
    const fields = countFields(line);
    if (fields < 2 || (expected !== undefined && fields !== expected)) return false;
    expected = fields;
  }
  return true;
}

/** @returns 0 for a line that is not well formed */
function countFields(line: ByteString): number {
  const field = /"(?:[^"]|"")*"|[^,\n"]*/y;
  let fields = 0;
  for (let at = 0; ; ) {
    field.lastIndex = at;
    at += field.exec(line)?.[0].length ?? 0;
    fields++;
    if (at >= line.length || line[at] === '\r') return fields;
    if (line[at] !== ',' && line[at] !== '\t') return 0;
    at++;
  }
}
