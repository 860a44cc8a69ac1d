import type { UclObject } from '../ucl/index.ts';
import { head, lookup, walk } from './lookup.ts';
import { flag, named, number, string } from './members.ts';

/** Symbols that belong together, with what the configuration says of them. */
export interface SymbolGroup {
  readonly name: string;
  readonly description: string | undefined;
  readonly maxScore: number | undefined;
  readonly minScore: number | undefined;
  readonly public: boolean;
  readonly disabled: boolean;
  readonly oneShot: boolean;
  readonly symbols: readonly SymbolDefinition[];
}

export interface SymbolDefinition {
  readonly name: string;
  readonly score: number | undefined;
  readonly description: string | undefined;
  readonly disabled: boolean;
  readonly oneShot: boolean;
  /** Hits that count; undefined where nothing is said of it but perhaps `oneShot`. */
  readonly shots: number | undefined;
  /** Further groups it belongs to. */
  readonly groups: readonly string[];
}

/**
 * The `group` sections and the symbols of the old `symbols` and `metric` sections, which come as group `ungrouped`.
 * Only a scan in this process needs them, so nothing here is an error.
 * (rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_group_handler, rspamd_rcl_symbol_handler; lualib/lua_cfg_transform.lua)
 */
export function readGroups(root: UclObject): SymbolGroup[] {
  const metrics = metricSections(root);
  const groups = [
    ...named(root, 'group').map(([name, body]) => readGroup(name, body, 'symbols')),
    ...metrics.flatMap((metric) => named(metric, 'group').map(([name, body]) => readGroup(name, body, 'symbol'))),
  ];
  const loose = [...named(root, 'symbols'), ...metrics.flatMap((metric) => named(metric, 'symbol'))];
  if (loose.length === 0) return groups;
  const symbols = loose.map(([name, body]) => readSymbol(name, body));
  return [...groups, { ...emptyGroup, name: 'ungrouped', symbols }];
}

const emptyGroup = {
  description: undefined,
  maxScore: undefined,
  minScore: undefined,
  public: false,
  disabled: false,
  oneShot: false,
};

/** `metric { name = ..; }` is one metric; without name and actions its children are (lua_cfg_transform.lua). */
export function metricSections(root: UclObject): UclObject[] {
  const metric = lookup(root, 'metric');
  if (metric?.type !== 'object') return [];
  if (metric.entries.has('name') || metric.entries.has('actions')) return [metric];
  return [...metric.entries.values()].map((entry) => head(entry.value)).filter((value) => value.type === 'object');
}

function readGroup(key: string, body: UclObject, symbols: 'symbols' | 'symbol'): SymbolGroup {
  return {
    name: string(lookup(body, 'name')) ?? key,
    description: string(lookup(body, 'description')),
    maxScore: number(lookup(body, 'max_score')),
    minScore: number(lookup(body, 'min_score')),
    public: flag(body, 'public') ?? flag(body, 'private') === false,
    disabled: isDisabled(body),
    oneShot: flag(body, 'one_shot') === true,
    symbols: named(body, symbols).map(([name, symbol]) => readSymbol(name, symbol)),
  };
}

function readSymbol(key: string, body: UclObject): SymbolDefinition {
  const groups = body.entries.get('groups');
  return {
    name: string(lookup(body, 'name')) ?? key,
    score: number(lookup(body, 'score') ?? lookup(body, 'weight')),
    description: string(lookup(body, 'description')),
    disabled: isDisabled(body),
    oneShot: flag(body, 'one_shot') === true,
    shots: number(lookup(body, 'nshots')) ?? (flag(body, 'any_shot') === true ? Number.POSITIVE_INFINITY : undefined),
    groups: groups === undefined ? [] : walk(groups.value).flatMap((group) => string(group) ?? []),
  };
}

function isDisabled(body: UclObject): boolean {
  return flag(body, 'enabled') === false || flag(body, 'disabled') === true;
}
