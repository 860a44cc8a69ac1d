import type { UclArray, UclObject, UclValue } from '../value.ts';
import { doubleText, type NumberStyle } from './numbers.ts';
import { quote } from './strings.ts';

export interface JsonOptions {
  /** All digits and all bytes; by default numbers and control bytes are written as Rspamd does, which loses some. */
  readonly exact?: boolean | undefined;
  /** Numbers as libucl writes them without Rspamd: Lua's `ucl.to_format`. */
  readonly libucl?: boolean | undefined;
}

interface Style {
  readonly exact: boolean;
  readonly numbers: NumberStyle;
}

function styleOf({ exact, libucl }: JsonOptions): Style {
  return { exact: exact === true, numbers: libucl === true ? 'libucl' : exact === true ? 'exact' : 'rspamd' };
}

/** A value as JSON with four blanks per level and no newline at its end (`rspamadm configdump -j`). */
export function emitJson(value: UclValue, options: JsonOptions = {}): string {
  return json(value, 0, styleOf(options));
}

/** A value as JSON without any blanks (`rspamadm configdump -C`). */
export function emitJsonCompact(value: UclValue, options: JsonOptions = {}): string {
  return json(value, undefined, styleOf(options));
}

/** @param level undefined for the compact form */
function json(value: UclValue, level: number | undefined, style: Style): string {
  switch (value.type) {
    case 'object':
      return object(value, level, style);
    case 'array':
      return array(value, level, style);
    case 'string':
      return quote(value.value, style.exact);
    case 'float':
    case 'time':
      return doubleText(
        value.value,
        Number.isFinite(value.value) || style.numbers === 'libucl' ? style.numbers : 'rspamd',
      );
    case 'null':
      return 'null';
    default:
      return String(value.value);
  }
}

/** An empty key reads `null` in the original, too. */
const keyText = (key: string, style: Style): string => (key === '' ? 'null' : quote(key, style.exact));

const indent = (level: number): string => '    '.repeat(level);

function object(value: UclObject, level: number | undefined, style: Style): string {
  const colon = level === undefined ? ':' : ': ';
  const inner = level === undefined ? undefined : level + 1;
  const members = [...value.entries.values()].map(
    (one) => `${keyText(one.key, style)}${colon}${json(one.value, inner, style)}`,
  );
  if (members.length === 0) return '{}';
  if (inner === undefined) return `{${members.join(',')}}`;
  return `{\n${members.map((one) => indent(inner) + one).join(',\n')}\n${indent(inner - 1)}}`;
}

function array({ items, implicit }: UclArray, level: number | undefined, style: Style): string {
  const inner = level === undefined ? undefined : level + 1;
  const elements = items.map((one) => json(one, inner, style));
  if (elements.length === 0) return '[]';
  if (inner === undefined) return `[${elements.join(',')}]`;
  const lines = elements.map((one) => indent(inner) + one).join(',\n');
  // libucl writes no newline inside the brackets of a repeated key whose first value has no length.
  return implicit && hasNoLength(items[0]) ? `[${lines}]` : `[\n${lines}\n${indent(inner - 1)}]`;
}

function hasNoLength(value: UclValue | undefined): boolean {
  if (value === undefined) return true;
  if (value.type === 'string') return value.value === '';
  if (value.type === 'object') return value.entries.size === 0;
  return value.type === 'array' ? value.items.length === 0 : true;
}
