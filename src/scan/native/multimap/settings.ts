import { get, items, type UclObject } from '../../../ucl/index.ts';
import { parseExpression } from '../../expression/index.ts';
import type { MapReader } from '../maps.ts';
import { flagOption, numberOption, pairsOf, textOption, textsOption } from '../options.ts';
import { symbolAt } from './condition.ts';
import { readValues, type Values } from './values.ts';

/** A rule of the operator's: values of a message that stand in a map. */
export interface MultimapRule {
  readonly symbol: string;
  readonly score: number | undefined;
  readonly description: string | undefined;
  readonly groups: readonly string[];
  readonly oneShot: boolean;
  /** Symbols that entries of the map may name. */
  readonly symbols: readonly string[];
  readonly isPrefilter: boolean;
  readonly action: string | undefined;
  readonly message: string | undefined;
  /** Expression of symbols. */
  readonly condition: string | undefined;
  /** The symbol whose options are looked at. */
  readonly target: string | undefined;
  /** What was found is told; of whole contents it is not. */
  readonly showsValue: boolean;
  readonly values: Values;
  /** What the map has for a value; undefined where it has nothing. */
  readonly find: (value: string) => string | undefined;
}

/** Options that count; of all others it is told that they do not. */
const heeded = new Set(
  (
    'type map url score weight description group groups one_shot symbol symbols prefilter action message require_symbols ' +
    'filter header extract_from selector target_symbol regexp glob enabled name skip_archives skip_detected'
  ).split(' '),
);

/** Reads section `multimap`; rules that cannot be used are left out, and told. */
export function readRules(
  section: UclObject | undefined,
  maps: MapReader,
  problem: (text: string) => void,
): MultimapRule[] {
  return pairsOf(section).flatMap(([name, value]) =>
    items(value).flatMap((item) => (item.type === 'object' ? ruleOf(name, item, maps, problem) : [])),
  );
}

function ruleOf(name: string, section: UclObject, maps: MapReader, problem: (text: string) => void): MultimapRule[] {
  if (flagOption(section, 'enabled') === false) return [];
  const symbol = textOption(section, 'symbol') ?? name;
  const wrong = (text: string): MultimapRule[] => {
    problem(`multimap: rule ${name} is off: ${text}`);
    return [];
  };
  const type = textOption(section, 'type')?.toLowerCase() ?? '';
  const map = get(section, 'map') ?? get(section, 'url');
  if (map === undefined) return wrong('it has no map');
  for (const option of section.entries.keys())
    if (!heeded.has(option)) problem(`multimap: rule ${name}: option ${option} is not used`);
  const condition = textOption(section, 'require_symbols');
  let values: Values;
  try {
    values = readValues(type, section);
    if (condition !== undefined) parseExpression(condition, symbolAt);
  } catch (cause) {
    return wrong((cause as Error).message);
  }
  const action = textOption(section, 'action')?.replaceAll('_', ' ');
  const find =
    flagOption(section, 'regexp') === true
      ? maps.regexps(map)
      : type === 'ip'
        ? networkEntry(maps.networks(map))
        : maps.values(map);
  return [
    {
      symbol,
      score: numberOption(section, 'score') ?? numberOption(section, 'weight'),
      description: textOption(section, 'description'),
      groups: textsOption(section, 'group') ?? textsOption(section, 'groups') ?? ['multimap'],
      oneShot: flagOption(section, 'one_shot') ?? false,
      symbols: textsOption(section, 'symbols') ?? [],
      isPrefilter: flagOption(section, 'prefilter') ?? action !== undefined,
      action,
      message: textOption(section, 'message'),
      condition,
      target: textOption(section, 'target_symbol'),
      showsValue: type !== 'content',
      values,
      find,
    },
  ];
}

function networkEntry(networks: (ip: string) => boolean): (ip: string) => string | undefined {
  return (ip) => (networks(ip) ? '' : undefined);
}
