import { get, type UclObject } from '../../ucl/index.ts';
import type { PublicSuffixes } from '../message/index.ts';
import { type ArcSettings, stockArcSettings } from './arc/index.ts';
import { type AsnSettings, stockAsnSettings } from './asn/index.ts';
import { type CharsetSettings, stockCharsetSettings } from './chartable/index.ts';
import { type DkimSettings, stockDkimSettings } from './dkim/index.ts';
import { type DmarcSettings, stockDmarcSettings } from './dmarc/index.ts';
import type { MapReader } from './maps.ts';
import { flagOption, numberOption, pairsOf, sectionOption, textOption } from './options.ts';
import { type SpfSettings, stockSpfSettings } from './spf/index.ts';

/** Sections of Rspamd's modules, as settings of ours. Where there is no section what is usual counts. */

type Section = UclObject | undefined;

/** Names of symbols that a section gives, the usual ones for the rest. */
function symbolsOf<K extends string>(
  section: Section,
  usual: Readonly<Record<K, string>>,
  keys: Readonly<Record<K, string>>,
): Readonly<Record<K, string>> {
  const given = sectionOption(section, 'symbols');
  const entries = (Object.keys(usual) as K[]).map((key) => [key, textOption(given, keys[key]) ?? usual[key]] as const);
  return Object.fromEntries(entries) as Record<K, string>;
}

/** rspamd: lualib/lua_util.lua:config_check_local_or_authed; a module may say otherwise than `options`. */
function clients(section: Section, checkAuthenticated = false): { checkLocal: boolean; checkAuthenticated: boolean } {
  return {
    checkLocal: flagOption(section, 'check_local') ?? false,
    checkAuthenticated: flagOption(section, 'check_authed') ?? checkAuthenticated,
  };
}

function networksOf(section: Section, name: string, maps: MapReader): ((ip: string) => boolean) | undefined {
  const value = get(section, name);
  return value === undefined ? undefined : maps.networks(value);
}

function namesOf(section: Section, name: string, maps: MapReader): ((name: string) => boolean) | undefined {
  const value = get(section, name);
  return value === undefined ? undefined : maps.names(value);
}

export function spfSettings(section: Section, maps: MapReader): SpfSettings {
  return {
    ...clients(section),
    maxNesting: numberOption(section, 'max_dns_nesting') ?? stockSpfSettings.maxNesting,
    maxRequests: numberOption(section, 'max_dns_requests') ?? stockSpfSettings.maxRequests,
    maxExpansions: numberOption(section, 'max_dns_expansions') ?? stockSpfSettings.maxExpansions,
    noIp6: flagOption(section, 'disable_ipv6') ?? false,
    whitelist: networksOf(section, 'whitelist', maps) ?? stockSpfSettings.whitelist,
    externalRelay: networksOf(section, 'external_relay', maps),
    symbols: symbolsOf(section, stockSpfSettings.symbols, {
      pass: 'allow',
      fail: 'fail',
      softfail: 'softfail',
      neutral: 'neutral',
      none: 'na',
      temperror: 'dnsfail',
      permerror: 'permfail',
      plusall: 'plusall',
    }),
  };
}

export function dkimSettings(section: Section, maps: MapReader): DkimSettings {
  const domains = namesOf(section, 'domains', maps);
  const multiplier = numberOption(section, 'strict_multiplier') ?? 1;
  const usual = stockDkimSettings.symbols;
  return {
    ...clients(section),
    maxSignatures: numberOption(section, 'max_sigs') ?? stockDkimSettings.maxSignatures,
    jitter: numberOption(section, 'time_jitter') ?? stockDkimSettings.jitter,
    whitelist: networksOf(section, 'whitelist', maps) ?? stockDkimSettings.whitelist,
    strictness: (domain) => (domains?.(domain) === true ? { allow: multiplier, deny: multiplier } : undefined),
    trustedOnly: flagOption(section, 'trusted_only') ?? false,
    symbols: {
      pass: textOption(section, 'symbol_allow') ?? usual.pass,
      fail: textOption(section, 'symbol_reject') ?? usual.fail,
      permerror: textOption(section, 'symbol_permfail') ?? usual.permerror,
      temperror: textOption(section, 'symbol_tempfail') ?? usual.temperror,
      none: textOption(section, 'symbol_na') ?? usual.none,
    },
  };
}

export function arcSettings(section: Section, maps: MapReader): ArcSettings {
  return {
    jitter: stockArcSettings.jitter,
    whitelist: namesOf(section, 'whitelist', maps) ?? stockArcSettings.whitelist,
    symbols: symbolsOf(section, stockArcSettings.symbols, {
      pass: 'allow',
      fail: 'reject',
      invalid: 'invalid',
      none: 'na',
    }),
  };
}

export function dmarcSettings(section: Section, maps: MapReader, suffixes: PublicSuffixes): DmarcSettings {
  const usual = stockDmarcSettings(suffixes);
  const actions = pairsOf(sectionOption(section, 'actions')).flatMap(([name, value]) =>
    value.type === 'string' ? [[name, value.value.replaceAll('_', ' ')] as const] : [],
  );
  return {
    ...usual,
    ...clients(section),
    actions: new Map(actions),
    noSampling: namesOf(section, 'no_sampling_domains', maps) ?? usual.noSampling,
    symbols: symbolsOf(section, usual.symbols, {
      allow: 'allow',
      reject: 'reject',
      quarantine: 'quarantine',
      softfail: 'softfail',
      na: 'na',
      dnsfail: 'dnsfail',
      badpolicy: 'badpolicy',
    }),
  };
}

export function asnSettings(section: Section): AsnSettings {
  const zones = sectionOption(section, 'provider_info');
  return {
    ...clients(section, true),
    zone4: textOption(zones, 'ip4') ?? stockAsnSettings.zone4,
    zone6: textOption(zones, 'ip6') ?? stockAsnSettings.zone6,
    symbol: textOption(section, 'symbol') ?? stockAsnSettings.symbol,
  };
}

/** The threshold counts only where the length of words is given too, as the original has it. */
export function charsetSettings(section: Section): CharsetSettings {
  const length = numberOption(section, 'max_word_len');
  const threshold = length === undefined ? undefined : numberOption(section, 'threshold');
  return {
    symbol: textOption(section, 'symbol') ?? stockCharsetSettings.symbol,
    threshold: threshold ?? stockCharsetSettings.threshold,
    maxWordLength: length ?? stockCharsetSettings.maxWordLength,
  };
}
