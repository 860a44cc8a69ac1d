import type { UclObject, UclValue } from '../value.ts';
import { doubleText, type NumberStyle } from './numbers.ts';
import { keyText, stringText } from './strings.ts';

export interface UclOptions {
  /** Lines for a block comment before a key; the path leads to it from the value that is written. */
  readonly comment?: ((path: readonly string[]) => readonly string[] | undefined) | undefined;
  /**
   * Every value keeps its digits, its bytes and its type: what is written gives the same value when it is read, without
   * variables. By default numbers and control bytes are written as Rspamd does, which loses some.
   */
  readonly exact?: boolean | undefined;
  /** Numbers as libucl writes them without Rspamd: Lua's `ucl.to_format`. */
  readonly libucl?: boolean | undefined;
}

/**
 * A value as UCL text (rspamd: contrib/libucl/ucl_emitter.c, as in `rspamadm configdump`). An object is written as its
 * keys, without braces around them; each line of it ends with a newline. Any other value has no newline at its end.
 */
export function emitUcl(value: UclValue, options: UclOptions = {}): string {
  const exact = options.exact === true;
  const numbers = options.libucl === true ? 'libucl' : exact ? 'exact' : 'rspamd';
  const writer: Writer = { parts: [], comment: options.comment, exact, numbers, path: [] };
  if (value.type === 'object') members(writer, value, 0);
  else writer.parts.push(valueText(writer, value, 0));
  return writer.parts.join('');
}

interface Writer {
  readonly parts: string[];
  readonly comment: UclOptions['comment'];
  readonly exact: boolean;
  readonly numbers: NumberStyle;
  readonly path: string[];
}

const indent = (level: number): string => '    '.repeat(level);

function members(writer: Writer, object: UclObject, level: number): void {
  for (const { key, value } of object.entries.values()) {
    writer.path.push(key);
    for (const one of value.type === 'array' && value.implicit ? value.items : [value]) member(writer, key, one, level);
    writer.path.pop();
  }
}

function member(writer: Writer, key: string, value: UclValue, level: number): void {
  const { parts } = writer;
  const lines = writer.comment?.(writer.path);
  if (lines !== undefined) {
    for (const line of ['/*', ...lines.map((one) => ` * ${one}`), ' */']) parts.push(indent(level), line, '\n');
  }
  const container = value.type === 'object' || value.type === 'array';
  parts.push(indent(level), keyText(key, writer.exact), container ? ' ' : ' = ');
  valueAndEnd(writer, value, level, ';\n');
}

function valueAndEnd(writer: Writer, value: UclValue, level: number, end: string): void {
  const { parts } = writer;
  if (value.type === 'object') {
    const empty = value.entries.size === 0;
    parts.push(empty ? '{' : '{\n');
    members(writer, value, level + 1);
    parts.push(empty ? '}\n' : `${indent(level)}}\n`);
  } else if (value.type === 'array') {
    parts.push(arrayText(writer, value.items, level), '\n');
  } else {
    parts.push(valueText(writer, value, level), end);
  }
}

function arrayText(writer: Writer, items: readonly UclValue[], level: number): string {
  if (items.length === 0) return '[]';
  const inner: Writer = { ...writer, parts: ['[\n'], comment: undefined };
  for (const item of items) {
    inner.parts.push(indent(level + 1));
    valueAndEnd(inner, item, level + 1, ',\n');
  }
  inner.parts.push(`${indent(level)}]`);
  return inner.parts.join('');
}

function valueText(writer: Writer, value: Exclude<UclValue, UclObject>, level: number): string {
  switch (value.type) {
    case 'array':
      return arrayText(writer, value.items, level);
    case 'string':
      return stringText(value, writer.exact);
    case 'float':
      return doubleText(value.value, writer.numbers);
    case 'time':
      return doubleText(value.value, writer.numbers) + (writer.exact ? 's' : '');
    case 'null':
      return 'null';
    default:
      return String(value.value);
  }
}
