import type { LineEnd } from '../../message/index.ts';
import type { Task } from '../../task.ts';

const breaks: Readonly<Record<LineEnd, string>> = { lf: '\n\t', cr: '\r\t', crlf: '\r\n\t' };

/** Each part that ends in `;` is a line of its own (rspamd: src/libutil/str_util.c:rspamd_header_value_fold). */
export function foldAtSemicolons(task: Task, value: string): string {
  const lineEnd = task.has('milter') ? 'lf' : task.message.lineEnd;
  return value.replace(/; ?(?=.)/gs, `;${breaks[lineEnd]}`);
}
