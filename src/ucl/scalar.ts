import type { NumberNode, StringNode } from '../../grammar/index.ts';
import { decodeEscapes, decodeSingleEscapes } from './escapes.ts';
import type { Position } from './source.ts';
import type { UclValue } from './value.ts';
import { expandVariables, type Variable } from './variables.ts';

interface Surroundings {
  readonly text: string;
  readonly at: Position;
  readonly priority: number;
  variables(): readonly Variable[];
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['no', false],
  ['off', false],
]);

/** The value of a literal (rspamd: contrib/libucl/ucl_parser.c:ucl_parse_value). */
export function scalarValue(node: NumberNode | StringNode, around: Surroundings): UclValue {
  const common = { priority: around.priority, at: around.at };
  if (node.kind === 'number') {
    return typeof node.value === 'bigint'
      ? { ...common, type: 'int', value: node.value }
      : { ...common, type: node.type === 'time' ? 'time' : 'float', value: node.value };
  }
  const raw = around.text.slice(node.start, node.end);
  if (node.style === 'bare') {
    const keyword = keywordValue(raw, common);
    if (keyword !== undefined) return keyword;
  }
  return { ...common, type: 'string', value: stringValue(raw, node, around), style: node.style };
}

function keywordValue(raw: string, common: { priority: number; at: Position }): UclValue | undefined {
  if (raw.length > 5) return undefined;
  if (raw === 'null') return { ...common, type: 'null' };
  if (raw === 'nan') return { ...common, type: 'float', value: Number.NaN };
  if (raw === 'inf') return { ...common, type: 'float', value: Number.POSITIVE_INFINITY };
  const value = booleans.get(raw.toLowerCase());
  return value === undefined ? undefined : { ...common, type: 'boolean', value };
}

/** Escapes first, variables after them: what an escape has made may begin a variable. */
function stringValue(raw: string, node: StringNode, around: Surroundings): string {
  if (node.style === 'single') return node.escapes ? decodeSingleEscapes(raw) : raw;
  const value = node.escapes ? decodeEscapes(raw) : raw;
  return node.dollar ? expandVariables(value, around.variables()) : value;
}
