import { type HelpNode, helpForKey } from '../config/index.ts';
import { items, type Position, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';

/** The help of an option, line by line, as `configdump -h` puts it before the option. */
export function helpComment(help: HelpNode, path: readonly string[]): string[] {
  const node = helpForKey(help, path);
  if (node === undefined) return [];
  const lines = [
    node.data,
    node.type === undefined ? undefined : `Type: ${node.type}`,
    node.required === undefined ? undefined : `Required: ${node.required}`,
    node.note === undefined ? undefined : `Note: ${node.note}`,
  ];
  return lines.filter((line) => line !== undefined);
}

/**
 * The comments that stand right before a key in its file, line by line without their signs, as byte strings. Blank lines
 * may lie between them.
 */
export function savedComment({ source, offset }: Position): string[] {
  const found: string[][] = [];
  for (let rest = source.text.slice(0, offset).trimEnd(); ; ) {
    const comment = lastComment(rest);
    if (comment === undefined) return found.reverse().flat();
    found.push(comment.lines);
    rest = rest.slice(0, comment.start).trimEnd();
  }
}

/** The comment that a text ends with. */
function lastComment(text: string): { start: number; lines: string[] } | undefined {
  if (text.endsWith('*/')) {
    const start = text.lastIndexOf('/*');
    const lines = text.slice(start + 2, -2).split('\n');
    return start < 0
      ? undefined
      : { start, lines: lines.map((line) => line.replace(/^\s*\*? ?/, '').trimEnd()).filter((line) => line !== '') };
  }
  const start = text.lastIndexOf('\n') + 1;
  const [, line] = /^\s*#+ ?(.*)$/.exec(text.slice(start)) ?? [];
  return line === undefined ? undefined : { start, lines: [line] };
}

/** The entries of a value in the order in which it is written; undefined for the further values of a repeated key. */
export function* writtenEntries(value: UclValue): Generator<UclEntry | undefined> {
  if (value.type === 'object') yield* entriesOf(value);
}

function* entriesOf(object: UclObject): Generator<UclEntry | undefined> {
  for (const entry of object.entries.values()) {
    let shown: UclEntry | undefined = entry;
    for (const item of items(entry.value)) {
      yield shown;
      shown = undefined;
      if (item.type === 'object') yield* entriesOf(item);
    }
  }
}
