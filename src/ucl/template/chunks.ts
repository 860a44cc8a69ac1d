import type { Origin, Piece } from '../source.ts';

/** A piece of what a template puts out, and where it came from. */
interface Part {
  readonly text: string;
  readonly original: number;
  /** Copied from there as it is; otherwise made by a tag that stands there. */
  readonly copied: boolean;
}

/** Text as it is put out, in parts that know where they came from. */
export type Chunk = readonly Part[];

export function copied(text: string, original: number): Chunk {
  return text === '' ? [] : [{ text, original, copied: true }];
}

export function made(text: string, original: number): Chunk {
  return text === '' ? [] : [{ text, original, copied: false }];
}

export function chunkText(chunk: Chunk): string {
  return chunk.map((part) => part.text).join('');
}

/** A chunk without the blanks at its end. */
export function stripEnd(chunk: Chunk): Chunk {
  const parts = [...chunk];
  for (let last = parts.pop(); last !== undefined; last = parts.pop()) {
    const text = withoutTrailingBlanks(last.text);
    if (text !== '') return [...parts, { ...last, text }];
  }
  return [];
}

/** A chunk without the blanks at its beginning. */
export function stripStart(chunk: Chunk): Chunk {
  for (const [index, part] of chunk.entries()) {
    const text = part.text.replace(/^[ \t\n\v\f\r]+/, '');
    if (text === '') continue;
    const moved = part.copied ? part.original + part.text.length - text.length : part.original;
    return [{ ...part, text, original: moved }, ...chunk.slice(index + 1)];
  }
  return [];
}

/** The way back from the whole text to the template. */
export function originOf(chunk: Chunk, template: string): Origin {
  const pieces: Piece[] = [];
  let rendered = 0;
  for (const { text, original, copied: same } of chunk) {
    pieces.push({ rendered, original, copied: same });
    rendered += text.length;
  }
  return { text: template, pieces };
}

/** Lua's `%s*$` taken away; a regular expression would need quadratic time for it. */
export function withoutTrailingBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
