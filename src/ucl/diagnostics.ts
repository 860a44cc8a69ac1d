import { originalPlace, type Position } from './source.ts';
import { text } from './text.ts';

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly at: Position;
  /** How to mend it. */
  readonly hint?: string | undefined;
}

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1; characters, not bytes, when the line is UTF-8. */
  readonly column: number;
}

/** Line and column, in the file as it was before the template pass. */
export function lineAndColumn(at: Position): Place {
  const place = originalPlace(at);
  const lineStart = place.text.lastIndexOf('\n', place.offset - 1) + 1;
  let line = 1;
  for (let i = place.text.indexOf('\n'); i !== -1 && i < lineStart; i = place.text.indexOf('\n', i + 1)) line++;
  return { line, column: [...text(place.text.slice(lineStart, place.offset))].length + 1 };
}

/** Characters of source shown left and right of the caret. */
const shown = { before: 70, after: 40 } as const;

/**
 * A diagnostic for people: `file:line:column: message`, the source line, a caret below the place, the hint, and the
 * macros that brought the file in. Lines are joined by newlines, without one at the end.
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { severity, message, at, hint } = diagnostic;
  const lines = [`${where(at)}: ${severity === 'warning' ? 'warning: ' : ''}${printable(text(message))}`];
  if (at.source.text !== '' || at.source.origin !== undefined) lines.push(...excerpt(at));
  if (hint !== undefined) lines.push(`  hint: ${printable(text(hint))}`);
  for (let from = at.source.includedFrom; from !== undefined; from = from.source.includedFrom) {
    lines.push(`  included from ${where(from)}`);
  }
  return lines.join('\n');
}

function where(at: Position): string {
  const name = printable(text(at.source.name));
  if (at.source.text === '' && at.source.origin === undefined) return name;
  const { line, column } = lineAndColumn(at);
  return `${name}:${line}:${column}`;
}

function excerpt(at: Position): string[] {
  const place = originalPlace(at);
  const offset = Math.min(place.offset, place.text.length);
  const start = place.text.lastIndexOf('\n', offset - 1) + 1;
  const newline = place.text.indexOf('\n', offset);
  const end = newline === -1 ? place.text.length : newline;
  // Four bytes make a character at most: enough of a long line is decoded, and no more.
  const before = [...text(place.text.slice(Math.max(start, offset - 4 * shown.before), offset))];
  const after = [...text(place.text.slice(offset, Math.min(end, offset + 4 * shown.after)))];
  const head = before.slice(-shown.before);
  const tail = after.slice(0, shown.after);
  const cutHead = head.length < before.length || offset - 4 * shown.before > start;
  const cutTail = tail.length < after.length || offset + 4 * shown.after < end;
  const left = (cutHead ? '…' : '') + printable(head.join(''));
  const right = printable(tail.join('').replace(/\r$/, '')) + (cutTail ? '…' : '');
  return [`  ${left}${right}`, `  ${left.replace(/[^\t]/g, ' ')}^`];
}

/** Control bytes and bytes that are no UTF-8, made visible; a tab stays. */
function printable(value: string): string {
  return value.replace(/[\x00-\x08\n-\x1f\x7f-\x9f]|[\udc80-\udcff](?<![\ud800-\udbff].)/g, (char) => {
    if (char === '\n') return '\\n';
    const code = char.charCodeAt(0);
    return `\\x${(code >= 0xdc00 ? code - 0xdc00 : code).toString(16).padStart(2, '0')}`;
  });
}
