import type { Position, UclString } from '../ucl/index.ts';

/** Program text in the configuration, or the name of a file with it. */
export interface Chunk {
  /** Byte string. */
  readonly text: string;
  readonly at: Position;
  /** Where its first line begins; undefined where its lines are not those of the configuration (escapes in quotes). */
  readonly begin: Position | undefined;
}

export function chunkOf({ value, at }: UclString): Chunk {
  const { source, offset } = at;
  opening.lastIndex = offset;
  const [open = ''] = opening.exec(source.text) ?? [];
  return { text: value, at, begin: open === '"' ? undefined : { source, offset: offset + open.length } };
}

/** The mark of a heredoc with its newline, a quote, or nothing where the value is bare or a file of its own. */
const opening = /(?:<<[A-Z]*\n|['"])?/y;

/** Where a line of a chunk stands. @param line counted from 1 */
export function lineOfChunk({ at, begin }: Chunk, line: number): Position {
  if (begin === undefined) return at;
  const { source } = begin;
  let { offset } = begin;
  for (let n = 1; n < line; n++) {
    const newline = source.text.indexOf('\n', offset);
    if (newline < 0) return at;
    offset = newline + 1;
  }
  // The caret belongs below the first thing on the line.
  while (/[ \t]/.test(source.text.charAt(offset))) offset++;
  return { source, offset };
}
