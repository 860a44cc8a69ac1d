import { type Findings, moduleTables, readModule } from '../../config/index.ts';
import { get, type UclObject } from '../../ucl/index.ts';
import type { PublicSuffixes } from '../message/index.ts';
import { type ArcSettings, stockArcSettings } from './arc/index.ts';
import type { AsnSettings } from './asn/index.ts';
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

/** What settings of modules are read with. */
export interface ModuleWorld {
  readonly findings: Findings;
  readonly maps: MapReader;
  section(name: string): Section;
}

/**
 * Options of section `options` count where the module has neither of them
 * (rspamd: lualib/lua_util.lua:config_check_local_or_authed).
 */
export function clients(
  { check_local: local, check_authed: authenticated }: ClientOptions,
  { section }: Pick<ModuleWorld, 'section'>,
): { checkLocal: boolean; checkAuthenticated: boolean } {
  const general = local === undefined && authenticated === undefined ? section('options') : undefined;
  return {
    checkLocal: local ?? flagOption(general, 'check_local') ?? false,
    checkAuthenticated: authenticated ?? flagOption(general, 'check_authed') ?? false,
  };
}

export interface ClientOptions {
  readonly check_local: boolean | undefined;
  readonly check_authed: boolean | undefined;
}

function namesOf(section: Section, name: string, maps: MapReader): ((name: string) => boolean) | undefined {
  const value = get(section, name);
  return value === undefined ? undefined : maps.names(value);
}

export function spfSettings(section: Section, world: ModuleWorld): SpfSettings {
  const { findings, maps } = world;
  const given = readModule(moduleTables.spf, section, findings);
  const { symbols, whitelist, external_relay: relay } = given;
  return {
    ...clients(given, world),
    maxNesting: given.max_dns_nesting,
    maxRequests: given.max_dns_requests,
    maxExpansions: given.max_dns_expansions,
    noIp6: given.disable_ipv6,
    whitelist: whitelist === undefined ? stockSpfSettings.whitelist : maps.networks(whitelist),
    externalRelay: relay === undefined ? undefined : maps.networks(relay),
    symbols: {
      pass: symbols.allow,
      fail: symbols.fail,
      softfail: symbols.softfail,
      neutral: symbols.neutral,
      none: symbols.na,
      temperror: symbols.dnsfail,
      permerror: symbols.permfail,
      plusall: symbols.plusall,
    },
  };
}

/** @returns undefined where it looks at no signature at all */
export function dkimSettings(section: Section, world: ModuleWorld): DkimSettings | undefined {
  const { findings, maps, section: other } = world;
  const given = readModule(moduleTables.dkim, section, findings);
  const { domains, whitelist, strict_multiplier: multiplier } = given;
  if (given.trusted_only && domains === undefined) {
    findings.warn('dkim is off: trusted_only needs domains that are trusted');
    return undefined;
  }
  const weights = domains === undefined ? undefined : maps.values(domains);
  const general = other('options');
  return {
    // Unlike those of other modules each has its own counterpart in `options`.
    checkLocal: given.check_local ?? flagOption(general, 'check_local') ?? false,
    checkAuthenticated: given.check_authed ?? flagOption(general, 'check_authed') ?? false,
    maxSignatures: given.max_sigs,
    jitter: given.time_jitter / 1000,
    whitelist: whitelist === undefined ? stockDkimSettings.whitelist : maps.networks(whitelist),
    strictness: (domain) => strictnessOf(weights?.(domain), multiplier),
    trustedOnly: given.trusted_only,
    symbols: {
      pass: given.symbol_allow,
      fail: given.symbol_reject,
      permerror: given.symbol_permfail,
      temperror: given.symbol_tempfail,
      none: given.symbol_na,
    },
  };
}

/** `bad:good`, or the usual one for both (rspamd: src/plugins/dkim_check.c:dkim_module_parse_strict). */
function strictnessOf(value: string | undefined, usual: number): { allow: number; deny: number } | undefined {
  if (value === undefined) return undefined;
  const [, deny, allow] = /^(-?\d+(?:\.\d+)?):(-?\d+(?:\.\d+)?)$/.exec(value.trim()) ?? [];
  return { deny: Number(deny ?? usual), allow: Number(allow ?? usual) };
}

export function arcSettings(section: Section, maps: MapReader): ArcSettings {
  return {
    jitter: stockArcSettings.jitter,
    whitelist: namesOf(section, 'whitelist', maps) ?? stockArcSettings.whitelist,
    trusted: namesOf(section, 'whitelisted_signers_map', maps),
    symbols: symbolsOf(section, stockArcSettings.symbols, {
      trusted: 'trusted_allow',
      pass: 'allow',
      fail: 'reject',
      invalid: 'invalid',
      none: 'na',
    }),
  };
}

export function dmarcSettings(section: Section, world: ModuleWorld, suffixes: PublicSuffixes): DmarcSettings {
  const { findings, maps } = world;
  const given = readModule(moduleTables.dmarc, section, findings);
  const { symbols, no_sampling_domains: noSampling } = given;
  const usual = stockDmarcSettings(suffixes);
  const actions = pairsOf(sectionOption(section, 'actions')).flatMap(([name, value]) =>
    value.type === 'string' ? [[name, value.value.replaceAll('_', ' ')] as const] : [],
  );
  const { allow, reject, quarantine, softfail, na, dnsfail, badpolicy } = symbols;
  return {
    ...usual,
    ...clients(given, world),
    actions: new Map(actions),
    noSampling: noSampling === undefined ? usual.noSampling : maps.names(noSampling),
    symbols: { allow, reject, quarantine, softfail, na, dnsfail, badpolicy },
  };
}

export function asnSettings(section: Section, world: ModuleWorld): AsnSettings {
  const given = readModule(moduleTables.asn, section, world.findings);
  return {
    checkLocal: clients(given, world).checkLocal,
    zone4: given.provider_info.ip4,
    zone6: given.provider_info.ip6,
    symbol: given.symbol,
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
