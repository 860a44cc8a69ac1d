import { loadText, type UclObject } from '../../ucl/index.ts';
import { ownDatagrams } from '../datagrams/index.ts';
import { lookupBy } from '../dns/index.ts';
import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';
import { arcDmarcRule, arcRule } from './arc/index.ts';
import { asnRule } from './asn/index.ts';
import { Bayes, bayesRule, bayesSettings } from './bayes/index.ts';
import { charsetRule } from './chartable/index.ts';
import {
  arcSettings,
  asnSettings,
  charsetSettings,
  dkimSettings,
  dmarcSettings,
  type ModuleWorld,
  spfSettings,
} from './configure.ts';
import { dkimRule } from './dkim/index.ts';
import { dmarcRule } from './dmarc/index.ts';
import { forceActionRules } from './force-actions/index.ts';
import { type FuzzyNetwork, fuzzyRules } from './fuzzy/index.ts';
import { greylistRules } from './greylist/index.ts';
import type { MapReader } from './maps.ts';
import { multimapRules } from './multimap/index.ts';
import { flagOption } from './options.ts';
import { listRules, readLists, stockListSymbols, stockLists } from './rbl/index.ts';
import { arcSealRule, dkimSigningRule, readSigner } from './signing/index.ts';
import { spfRule } from './spf/index.ts';

export { arcFinding } from './arc/index.ts';
export { authenticationResults } from './auth-results.ts';
export { Bayes, bayesSettings, type Learned, type StatClass } from './bayes/index.ts';
export { type ClientOptions, clients } from './configure.ts';
export { dkimFindings } from './dkim/index.ts';
export { dmarcFinding } from './dmarc/index.ts';
export { type FuzzyMatch, fuzzyMatches, genericHostname } from './fuzzy/index.ts';
export { ipBytes, reversedIp } from './ip.ts';
export { MapReader, mapKindOf } from './maps.ts';
export {
  flagOption,
  numberOption,
  pairsOf,
  sectionOption,
  textOption,
  textsOf,
  textsOption,
} from './options.ts';
export { poolVariable, Selectors } from './selectors/index.ts';
export { spfFinding } from './spf/index.ts';

/** What Rspamd has in C, or in Lua that asks DNS: authentication of senders, lists of addresses, characters. */
export function nativeRules(context: RuleContext): readonly Rule[] {
  const { knowledge, problem } = context;
  const { suffixes } = knowledge;
  const { maps } = context;
  const world: ModuleWorld = { maps, findings: context.findings, section: context.section };
  const modules: Readonly<Record<string, (section: UclObject | undefined) => readonly Rule[]>> = {
    asn: (section) => [asnRule(asnSettings(section, world))],
    chartable: (section) => [charsetRule(charsetSettings(section))],
    spf: (section) => [spfRule(spfSettings(section, world))],
    dkim: (section) => dkim(section, world),
    dkim_signing: () => signing('dkim', context, maps),
    arc: (section) => arc(section, context, maps),
    dmarc: (section) => [dmarcRule(dmarcSettings(section, world, suffixes))],
    rbl: (section) => lists(section ?? stock(), context, maps),
    fuzzy_check: (section) => fuzzyRules(section, { ...world, problem }, network(context), context.logger),
    classifier: () => statistics(context),
    greylist: (section) => greylistRules(section, context, maps),
    force_actions: (section) => forceActionRules(section, context),
  };
  return Object.entries(modules).flatMap(([name, rulesOf]) => {
    const section = context.section(name);
    return flagOption(section, 'enabled') === false ? [] : rulesOf(section);
  });
}

/** Fuzzy storages are asked by UDP, their hosts looked up as scans look up names. */
function network({ resolver, datagrams = ownDatagrams }: RuleContext): FuzzyNetwork {
  return { lookup: lookupBy(resolver), datagrams };
}

/** What the operator's own maps find. */
export function mapRules(context: RuleContext): readonly Rule[] {
  const section = context.section('multimap');
  return flagOption(section, 'enabled') === false
    ? []
    : multimapRules(section, { ...context, suffixes: context.knowledge.suffixes });
}

function statistics(context: RuleContext): readonly Rule[] {
  const settings = bayesSettings(context);
  return settings === undefined ? [] : [bayesRule(new Bayes(settings, context.shareFolder), context.logger)];
}

function dkim(section: UclObject | undefined, world: ModuleWorld): readonly Rule[] {
  const settings = dkimSettings(section, world);
  return settings === undefined ? [] : [dkimRule(settings)];
}

function arc(section: UclObject | undefined, context: RuleContext, maps: MapReader): readonly Rule[] {
  const settings = arcSettings(section, maps);
  const adjusts = settings.trusted !== undefined && flagOption(section, 'adjust_dmarc') !== false;
  return [arcRule(settings), ...(adjusts ? [arcDmarcRule] : []), ...signing('arc', context, maps)];
}

/** Stock `arc` has options of signing too, but no key to sign with. */
function signing(kind: 'dkim' | 'arc', context: RuleContext, maps: MapReader): readonly Rule[] {
  const { knowledge, logger, section, problem, findings, stateFolder } = context;
  const settings = readSigner(kind, { maps, section, problem, findings, stateFolder });
  if (settings === undefined) return [];
  const { suffixes } = knowledge;
  return [kind === 'dkim' ? dkimSigningRule(settings, suffixes, logger) : arcSealRule(settings, suffixes, logger)];
}

function lists(section: UclObject, context: RuleContext, maps: MapReader): readonly Rule[] {
  const { knowledge, resolver, options, problem, findings } = context;
  return listRules({
    lists: readLists(section, {
      maxRequests: options.dnsMaxRequests,
      problem,
      findings,
      nameSet: (value) => maps.names(value),
      networkSet: (value) => maps.networks(value),
      selectors: context.selectors,
    }),
    resolver,
    suffixes: knowledge.suffixes,
    symbols: (name) => stockListSymbols.get(name),
  });
}

function stock(): UclObject {
  const { root } = loadText(stockLists, { name: '<built-in lists>' });
  if (root === undefined) throw new Error('the built-in lists are wrong');
  return root;
}
