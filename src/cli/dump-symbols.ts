import type { SymbolDefinition, SymbolGroup } from '../config/index.ts';
import { bytes, type Position, type UclArray, type UclObject, type UclValue } from '../ucl/index.ts';

const nowhere: Position = { source: { name: '<groups>', text: '', includedFrom: undefined }, offset: 0 };
const common = { priority: 0, at: nowhere };

/** `configdump -g`: groups with their symbols, in the shape of rspamd: src/rspamadm/configdump.c. */
export function groupsValue(groups: readonly SymbolGroup[]): UclObject {
  return object(groups.map((group) => [group.name, groupValue(group)]));
}

function groupValue(group: SymbolGroup): UclObject {
  return object([
    ['public', flag(group.public)],
    ['disabled', flag(group.disabled)],
    ['one_shot', flag(group.oneShot)],
    ['max_score', score(group.maxScore)],
    ['min_score', score(group.minScore)],
    ...optional('description', group.description),
    ['symbols', object(group.symbols.map((symbol) => [symbol.name, symbolInGroup(symbol)]))],
  ]);
}

function symbolInGroup(symbol: SymbolDefinition): UclObject {
  return object([...symbolFields(symbol), ['extra_groups', array(symbol.groups)]]);
}

/** `configdump -d`: every symbol that a group of the tree names. */
export function symbolsValue(groups: readonly SymbolGroup[]): UclObject {
  const symbols = new Map<string, UclObject>();
  for (const group of groups) {
    for (const symbol of group.symbols) symbols.set(symbol.name, symbolDetails(symbol, group.name));
  }
  return object([['symbols', object([...symbols])]]);
}

function symbolDetails(symbol: SymbolDefinition, group: string): UclObject {
  const fields = symbolFields(symbol);
  const own: Fields = group === 'ungrouped' ? [] : [['group', string(group)]];
  const more: Fields = symbol.groups.length === 0 ? [] : [['groups', array(symbol.groups)]];
  return object([...fields, ...own, ...more]);
}

type Fields = Array<readonly [key: string, value: UclValue]>;

function symbolFields(symbol: SymbolDefinition): Fields {
  return [
    ['score', score(symbol.score ?? 0)],
    ...optional('description', symbol.description),
    ['disabled', flag(symbol.disabled)],
    ['one_shot', flag(symbol.oneShot)],
  ];
}

function optional(key: string, value: string | undefined): Fields {
  return value === undefined ? [] : [[key, string(value)]];
}

function object(fields: ReadonlyArray<readonly [string, UclValue]>): UclObject {
  return {
    ...common,
    type: 'object',
    entries: new Map(fields.map(([key, value]) => [key, { key, at: nowhere, value }])),
  };
}

function array(values: readonly string[]): UclArray {
  return { ...common, type: 'array', implicit: false, items: values.map(string) };
}

function string(value: string): UclValue {
  return { ...common, type: 'string', value: bytes(value), style: 'quoted' };
}

function flag(value: boolean): UclValue {
  return { ...common, type: 'boolean', value };
}

/** A score that nobody set is NaN, which is printed as null. */
function score(value: number | undefined): UclValue {
  return { ...common, type: 'float', value: value ?? Number.NaN };
}
