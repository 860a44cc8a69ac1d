import type { Findings } from '../../../config/index.ts';
import type { Logger } from '../../../message/log.ts';
import { bytes, first, get, items, type UclObject, type UclValue } from '../../../ucl/index.ts';
import { parseExpression } from '../../expression/index.ts';
import type { ByteString, PublicSuffixes } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import type { Found, MapReader } from '../maps.ts';
import { flagOption, numberOption, pairsOf, textOption, textsOption } from '../options.ts';
import { redisOfModule } from '../redis/index.ts';
import type { Selectors } from '../selectors/index.ts';
import { type Hit, readCombined } from './combined.ts';
import { nameAt } from './condition.ts';
import { RedisMaps } from './redis.ts';
import { readValues, selectorOf, type Values } from './values.ts';

/** How a rule looks for something in a message. */
export type Search =
  /** Values of the message as keys of a map. */
  | {
      readonly kind: 'map';
      readonly values: Values;
      /** What was found is told; of whole contents it is not. */
      readonly showsValue: boolean;
      readonly find: (key: ByteString, task: Task) => Found | Promise<Found>;
    }
  | { readonly kind: 'combined'; readonly run: (task: Task) => Promise<readonly Hit[]> }
  /** The client's address in a list of DNS. */
  | { readonly kind: 'dnsbl'; readonly zone: string };

/** A rule of the operator's. */
export interface MultimapRule {
  readonly symbol: string;
  readonly score: number | undefined;
  readonly description: string | undefined;
  readonly groups: readonly string[];
  /** Hits that count. */
  readonly shots: number | undefined;
  /** Symbols that entries of the map may name; undefined where they may name any. */
  readonly symbols: readonly string[] | undefined;
  /** A symbol that an entry names stands among the options. */
  readonly singleSymbol: boolean;
  /** Symbols that entries name weigh what the rule does. */
  readonly dynamicSymbols: boolean;
  readonly action: string | undefined;
  readonly message: string | undefined;
  /** Expression of symbols. */
  readonly condition: string | undefined;
  /** The symbol whose options are looked at. */
  readonly target: string | undefined;
  /** It needs to know who the client's network belongs to. */
  readonly needsOwner: boolean;
  readonly search: Search;
}

/** What reading rules needs of the world. */
export interface MultimapWorld {
  readonly maps: MapReader;
  readonly selectors: Selectors;
  readonly suffixes: PublicSuffixes;
  readonly logger: Logger;
  readonly findings: Findings;
  section(name: string): UclObject | undefined;
  problem(text: string): void;
}

/** Options of rules that count. */
const heeded = new Set(
  (
    'type map url rules expression score description group groups one_shot nshots symbol symbols action message ' +
    'require_symbols filter header extract_from selector combinator delimiter target_symbol variable regexp glob multi ' +
    'flags nflags artificial min_pos max_pos enabled name skip_archives skip_detected dynamic_symbols ' +
    'disable_multisymbol'
  ).split(' '),
);

/** Options of rules that do not, and why. */
const unheeded: Readonly<Record<string, string>> = {
  message_func: 'functions of Lua are not run: give a message',
  one_param: 'each option is shown once anyway',
  prefilter: 'a rule with an action ends the scan without it',
  priority: 'scores in groups always count before that of the rule',
  weight: 'the option for it is score',
};

/** Reads section `multimap`; rules that cannot be used are left out, and told. */
export function readRules(section: UclObject | undefined, world: MultimapWorld): MultimapRule[] {
  let redis: RedisMaps | undefined;
  const redisMaps = (): RedisMaps => {
    const settings = redis === undefined ? redisOfModule('multimap', section, world) : undefined;
    if (redis === undefined && settings === undefined) throw new Error('no servers of Redis are named');
    redis ??= new RedisMaps(settings as NonNullable<typeof settings>, world.logger);
    return redis;
  };
  return pairsOf(section).flatMap(([name, value]) =>
    items(value).flatMap((item) => {
      if (item.type !== 'object' || !item.entries.has('type') || flagOption(item, 'enabled') === false) return [];
      try {
        return [readRule(name, item, world, redisMaps)];
      } catch (cause) {
        world.findings.warn(`rule ${name} of section multimap is off: ${bytes((cause as Error).message)}`, item.at);
        return [];
      }
    }),
  );
}

function readRule(name: string, section: UclObject, world: MultimapWorld, redisMaps: () => RedisMaps): MultimapRule {
  for (const { key, at } of section.entries.values())
    if (!heeded.has(key))
      world.findings.warn(`option ${key} of rule ${name} in section multimap has no effect`, at, unheeded[key]);
  const type = textOption(section, 'type')?.toLowerCase() ?? '';
  const condition = textOption(section, 'require_symbols');
  if (condition !== undefined) parseExpression(condition, nameAt);
  return {
    symbol: textOption(section, 'symbol') ?? name,
    score: numberOption(section, 'score'),
    description: textOption(section, 'description') ?? `multimap, type ${type}: ${name}`,
    groups: [textOption(section, 'group') ?? 'multimap', ...(textsOption(section, 'groups') ?? [])],
    shots: shotsOf(section, type),
    symbols: textsOption(section, 'symbols'),
    singleSymbol: flagOption(section, 'disable_multisymbol') === true,
    dynamicSymbols: flagOption(section, 'dynamic_symbols') === true,
    action: textOption(section, 'action')?.replaceAll('_', ' '),
    message: textOption(section, 'message'),
    condition,
    target: type === 'symbol_options' ? textOption(section, 'target_symbol') : undefined,
    needsOwner: type === 'asn' || type === 'country' || type === 'mempool' || type === 'selector',
    search: readSearch(type, section, world, redisMaps),
  };
}

/** Flags of a hop are meant where the rule looks at hops. */
function shotsOf(section: UclObject, type: string): number | undefined {
  const flags = type === 'received' ? '' : (textOption(section, 'flags') ?? '');
  if (flagOption(section, 'one_shot') === true || flags.includes('one_shot')) return 1;
  return numberOption(section, 'nshots') ?? (type === 'combined' && flags === '' ? 1 : undefined);
}

function readSearch(type: string, section: UclObject, world: MultimapWorld, redisMaps: () => RedisMaps): Search {
  if (type === 'combined') return { kind: 'combined', run: readCombined(section, world.maps, world.selectors) };
  if (type === 'regexp_rules') throw new Error('rules of SpamAssassin in a map are not read');
  const map = get(section, 'map') ?? get(section, 'url');
  if (map === undefined) throw new Error('it has no map');
  if (type === 'dnsbl') {
    const zone = textOption(section, 'map') ?? textOption(section, 'url');
    if (zone === undefined) throw new Error('its map is the name of a zone');
    return { kind: 'dnsbl', zone };
  }
  const { values, isIp } = readValues(type, section, world);
  const showsValue = type !== 'content';
  const hashes = hashesOf(section, first(map), world.selectors);
  if (hashes !== undefined) {
    const redis = redisMaps();
    return { kind: 'map', values, showsValue, find: (key, task) => redis.find(hashes(task), key, isIp, task) };
  }
  const lookup = world.maps.lookup(map, isIp ? 'radix' : kindOf(section));
  if (lookup === undefined) throw new Error('its map cannot be used');
  return { kind: 'map', values, showsValue, find: (key) => lookup.find(key) };
}

function kindOf(section: UclObject): 'regexp' | 'regexp_multi' | 'glob' | 'glob_multi' | 'hash' {
  const isMulti = flagOption(section, 'multi') === true;
  if (flagOption(section, 'regexp') === true) return isMulti ? 'regexp_multi' : 'regexp';
  if (flagOption(section, 'glob') === true) return isMulti ? 'glob_multi' : 'glob';
  return 'hash';
}

/** Names of the hashes of Redis that a map is: `redis://NAME`, or `redis+selector://` and what gives names. */
function hashesOf(
  section: UclObject,
  map: UclValue | undefined,
  selectors: Selectors,
): ((task: Task) => readonly string[]) | undefined {
  if (map?.type !== 'string') return undefined;
  const [, selector, hash = ''] = /^redis(\+selector)?:\/\/(.*)$/s.exec(map.value) ?? [];
  if (!map.value.startsWith('redis')) return undefined;
  if (selector === undefined && /^redis:\/\//.test(map.value)) return () => [hash];
  return selector === undefined ? undefined : selectorOf(section, hash, selectors);
}
