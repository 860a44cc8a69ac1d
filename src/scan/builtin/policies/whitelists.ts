import { moduleTables, readModule, type Settings, whitelistRuleTable } from '../../../config/index.ts';
import type { UclObject, UclValue } from '../../../ucl/index.ts';
import { fromText } from '../../message/index.ts';
import { type MapReader, pairsOf, sectionOption, textsOf } from '../../native/index.ts';
import type { Rule, SymbolSpec } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import { symbol } from '../check.ts';
import { clientsOf } from '../connection/outsiders.ts';
import { policed, signed } from './senders.ts';
import { type Belief, type Trust, type Whitelist, type WhitelistWorld, whitelistRule } from './whitelist-rule.ts';

const group = 'whitelist';

/** What large senders prove, or fail to. */
export function whitelists(context: RuleContext): readonly Rule[] {
  const section = context.section('whitelist');
  const options = readModule(moduleTables.whitelist, section, context.findings);
  const world: WhitelistWorld = {
    suffixes: context.knowledge.suffixes,
    proofs: { spf: options.spf_allow_symbol, dkim: options.dkim_allow_symbol, dmarc: options.dmarc_allow_symbol },
    isHeld: clientsOf(options, context),
  };
  const rules = sectionOption(section, 'rules');
  const lists = rules === undefined ? usual : readLists(rules, context);
  return lists.map((list) => whitelistRule(list, world));
}

function readLists(rules: UclObject, context: RuleContext): Whitelist[] {
  const maps = context.maps;
  return pairsOf(rules).flatMap(([name, value]) => {
    const found = readList(name, value, maps, context);
    return found === undefined ? [] : [found];
  });
}

function readList(name: string, value: UclValue, maps: MapReader, { findings }: RuleContext): Whitelist | undefined {
  if (value.type !== 'object') {
    findings.warn(`whitelist: rule ${name} is off: it has no options`, value.at, `write ${name} { domains = .. }`);
    return undefined;
  }
  const options = readModule(whitelistRuleTable, value, findings);
  if (options.domains === undefined) {
    findings.warn(`whitelist: rule ${name} is off: it has no domains`, value.at);
    return undefined;
  }
  const { score, inverse_symbol: inverse } = options;
  return {
    symbol: name,
    spec: specOf(name, options, score),
    inverse:
      inverse === undefined
        ? undefined
        : { symbol: inverse, spec: specOf(inverse, options, score === undefined ? undefined : -score) },
    inverseMultiplier: options.inverse_multiplier ?? 1,
    isBlacklist: options.blacklist,
    proofs: { spf: options.valid_spf, dkim: options.valid_dkim, dmarc: options.valid_dmarc },
    find: beliefs(options.domains, options, maps),
  };
}

type RuleOptions = Settings<typeof whitelistRuleTable>;

/** What a rule says of its symbols counts where it gives a score; otherwise groups have to. */
function specOf(name: string, options: RuleOptions, score: number | undefined): SymbolSpec {
  const { group: own, groups = [], description, one_shot: oneShot } = options;
  const usualScore = weights.get(name);
  if (score === undefined) return usualScore === undefined ? {} : { score: usualScore, groups: [group] };
  return {
    score,
    groups: [own, ...groups],
    ...(description !== undefined && { description }),
    ...(oneShot && { oneShot }),
  };
}

/** Domains of a map or of the configuration; what `strict` says holds for maps only. */
function beliefs(
  domains: UclValue,
  { blacklist, strict }: RuleOptions,
  maps: MapReader,
): (domain: string) => Belief | undefined {
  const usualTrust: Trust = blacklist ? 'bl' : 'wl';
  const own = ownDomains(domains);
  if (own !== undefined) {
    return (domain) => {
      const weight = own.get(fromText(domain));
      return weight === undefined ? undefined : { trust: usualTrust, weight };
    };
  }
  const find = maps.values(domains);
  return (domain) => {
    const value = find(fromText(domain));
    if (value === undefined) return undefined;
    const [, word, number = ''] = /^(?:(wl|bl|both):)?(.*)$/s.exec(value) ?? [];
    const weight = number.trim() === '' ? Number.NaN : Number(number);
    return {
      trust: strict ? 'both' : ((word as Trust | undefined) ?? usualTrust),
      weight: Number.isNaN(weight) ? 1 : weight,
    };
  };
}

/** `["example.com", ["example.org", 2.0]]`; undefined where it is no such list. */
function ownDomains(domains: UclValue): ReadonlyMap<string, number> | undefined {
  if (domains.type !== 'array') return undefined;
  const pairs = domains.items.map((item): readonly [string, number] | undefined => {
    const [domain = '', weight] = textsOf(item);
    return item.type === 'array' || !/^(?:https?:|ftp:|[./]|[a-z_]+;|[a-z+]+:\/\/)/.test(domain)
      ? [domain, weight === undefined ? 1 : Number(weight)]
      : undefined;
  });
  return pairs.some((pair) => pair === undefined) ? undefined : new Map(pairs as (readonly [string, number])[]);
}

/** Scores of the stock lists (rspamd: conf/scores.d/whitelist_group.conf). */
const weights: ReadonlyMap<string, number> = new Map([
  ['WHITELIST_SPF', -1],
  ['BLACKLIST_SPF', 1],
  ['WHITELIST_DKIM', -1],
  ['BLACKLIST_DKIM', 2],
  ['WHITELIST_SPF_DKIM', -3],
  ['BLACKLIST_SPF_DKIM', 3],
  ['WHITELIST_DMARC', -7],
  ['BLACKLIST_DMARC', 6],
]);

const believed =
  (list: ReadonlyMap<string, Trust>) =>
  (domain: string): Belief | undefined => {
    const trust = list.get(domain);
    return trust === undefined ? undefined : { trust, weight: 1 };
  };

/** Lists of our own, for machines without others. */
const usual: readonly Whitelist[] = [
  {
    symbol: 'WHITELIST_SPF_DKIM',
    spec: symbol(-3, group, 'A large sender, as SPF and DKIM prove'),
    inverse: undefined,
    inverseMultiplier: 1,
    isBlacklist: false,
    proofs: { spf: true, dkim: true, dmarc: false },
    find: believed(signed),
  },
  {
    symbol: 'WHITELIST_DMARC',
    spec: symbol(-7, group, 'A large sender, as DMARC proves'),
    inverse: {
      symbol: 'BLACKLIST_DMARC',
      spec: symbol(6, group, 'It says that it comes from a large sender, which DMARC disproves'),
    },
    inverseMultiplier: 1,
    isBlacklist: false,
    proofs: { spf: false, dkim: false, dmarc: true },
    find: believed(policed),
  },
];
