import { type Findings, fuzzyRuleTable, fuzzyTcpTable, moduleTables, readModule } from '../../../config/index.ts';
import { first, get, items, type UclObject } from '../../../ucl/index.ts';
import { type HostsSpec, type Limits, limitsOf, parseHosts } from '../../../upstreams/index.ts';
import { type PublicKey, readPublicKey } from '../../../wire/crypt/index.ts';
import type { MapReader } from '../maps.ts';
import { flagOption, numberOption, pairsOf, sectionOption, textOption, textsOption } from '../options.ts';
import { bytesHash, usualKey } from './digest.ts';
import type { ShingleAlgorithm } from './shingles.ts';
import type { TcpSettings } from './storage.ts';

/** Which parts of a message have a hash (rspamd: lualib/lua_fuzzy.lua, policy `recommended`). */
export interface PartSettings {
  /** Bytes of a part; those of text count several times. */
  readonly minBytes: number;
  readonly textMultiplier: number;
  /** Words of a text that has shingles. */
  readonly minWords: number;
  readonly minWidth: number;
  readonly minHeight: number;
  readonly texts: boolean;
  readonly shingles: boolean;
  /** Texts of too few words are looked for as they stand. */
  readonly shortTexts: boolean;
  /** The subject belongs to a text that is looked for as it stands. */
  readonly subject: boolean;
  readonly images: boolean;
  readonly archives: boolean;
  /** Of attached files. */
  readonly mimeTypes: readonly RegExp[];
}

/** Which HTML has a hash of how it is built. */
export interface HtmlSettings {
  readonly minTags: number;
  /** Times the weight of what is found. */
  readonly weight: number;
  /** Documents are alike though their links go elsewhere; those whose links go to the same places are looked for too. */
  readonly ignoreDomains: boolean;
}

/** What a list of the storage means. */
export interface FlagSettings {
  readonly symbol: string;
  /** Hits that make a sure one. */
  readonly hitsLimit: number;
}

export interface FuzzyRuleSettings extends FlagSettings {
  readonly name: string;
  /** Where hashes are looked for; undefined where this rule only writes. */
  readonly read: HostsSpec | undefined;
  readonly readKey: PublicKey | undefined;
  readonly flags: ReadonlyMap<number, FlagSettings>;
  readonly skipUnknown: boolean;
  readonly parts: PartSettings;
  /** Undefined: HTML has only the hash of its text. */
  readonly html: HtmlSettings | undefined;
  readonly hashKey: Buffer;
  /** 16 bytes. */
  readonly shinglesKey: Buffer;
  readonly algorithm: ShingleAlgorithm;
  /** The storage may know the sender's domain and address. */
  readonly share: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly retransmits: number;
  readonly limits: Limits;
  readonly tcp: TcpSettings;
  /** Hits of a lower weight do not count. */
  readonly weightThreshold: number;
  readonly probabilityBias: number;
  readonly probabilityPower: number;
  /** Hexadecimal hashes that do not count. */
  readonly skipped: ((hash: string) => boolean) | undefined;
}

/** A rule that looks for hashes. */
export type ReadingRule = FuzzyRuleSettings & { readonly read: HostsSpec };

export interface FuzzySettings {
  readonly rules: readonly FuzzyRuleSettings[];
  readonly whitelist: ((ip: string) => boolean) | undefined;
}

/** rspamd: src/plugins/fuzzy_check.c. */
const usual = { symbol: 'R_FUZZY_HASH', port: 11335, timeout: 1, retransmits: 3, policy: 'recommended' };

const algorithms: ReadonlyMap<string, ShingleAlgorithm> = new Map([
  ['old', 'siphash'],
  ['siphash', 'siphash'],
  ['mumhash', 'mumhash'],
  ['xxhash', 'xxhash'],
  ['fasthash', 'fasthash'],
  ['fast', 'fasthash'],
]);

/** What settings are read with. */
export interface FuzzyWorld {
  readonly findings: Findings;
  readonly maps: MapReader;
  problem(text: string): void;
}

interface Place extends FuzzyWorld {
  readonly module: UclObject;
}

/** Reads the section `fuzzy_check`; rules that cannot be used are left out, and told. */
export function fuzzySettings(module: UclObject, world: FuzzyWorld): FuzzySettings {
  readModule(moduleTables.fuzzy_check, module, world.findings);
  const place = { ...world, module };
  const given = get(module, 'rule');
  const rules = (given === undefined ? [] : items(given)).flatMap((item) => {
    if (item.type !== 'object') return [];
    if (['servers', 'read_servers', 'write_servers'].some((name) => item.entries.has(name)))
      return ruleOf(undefined, item, place);
    return pairsOf(item).flatMap(([name, value]) =>
      items(value).flatMap((section) => (section.type === 'object' ? ruleOf(name, section, place) : [])),
    );
  });
  const whitelist = get(module, 'whitelist');
  return { rules, whitelist: whitelist === undefined ? undefined : world.maps.networks(whitelist) };
}

function ruleOf(given: string | undefined, section: UclObject, place: Place): FuzzyRuleSettings[] {
  if ((flagOption(section, 'enabled') ?? flagOption(section, 'enable')) === false) return [];
  const symbol = textOption(section, 'symbol') ?? textOption(place.module, 'symbol') ?? usual.symbol;
  const name = given ?? symbol;
  const problem = (text: string): void => place.problem(`fuzzy_check: rule ${name}: ${text}`);
  readModule(fuzzyRuleTable, section, place.findings);
  const tcp = sectionOption(section, 'tcp');
  if (tcp !== undefined) readModule(fuzzyTcpTable, tcp, place.findings);
  const policy = textOption(section, 'policy') ?? usual.policy;
  if (policy !== usual.policy) problem(`there is no policy ${policy}; it is ${usual.policy} now`);
  const readKey = keyOf(section, ['read_encryption_key', 'encryption_key', 'write_encryption_key'], problem);
  if (readKey === 'wrong') return [];
  const read = hostsOf(section, ['servers', 'read_servers', 'write_servers'], problem);
  if (read === undefined) {
    problem('there are no servers; it is off');
    return [];
  }
  const hitsLimit = numberOption(section, 'hits_limit') ?? numberOption(section, 'max_score') ?? 0;
  const skipped = get(section, 'skip_hashes');
  const own = (option: string): Buffer => {
    const text = textOption(section, option);
    return text === undefined ? usualKey : bytesHash(Buffer.from(text, 'latin1'));
  };
  return [
    {
      name,
      symbol,
      hitsLimit,
      read: isRead(section, problem) ? read : undefined,
      readKey,
      flags: flagsOf(section, hitsLimit, problem),
      skipUnknown: flagOption(section, 'skip_unknown') ?? false,
      parts: partsOf(section, problem),
      html: htmlOf(section),
      hashKey: own('fuzzy_key'),
      shinglesKey: own('fuzzy_shingles_key').subarray(0, 16),
      algorithm: algorithmOf(section, problem),
      share: flagOption(section, 'no_share') !== true,
      timeout: (numberOption(section, 'timeout') ?? numberOption(place.module, 'timeout') ?? usual.timeout) * 1000,
      retransmits:
        numberOption(section, 'retransmits') ?? numberOption(place.module, 'retransmits') ?? usual.retransmits,
      limits: limitsOf({
        maxErrors: numberOption(place.module, 'max_errors'),
        reviveTime: inMilliseconds(numberOption(place.module, 'revive_time')),
      }),
      tcp: tcpOf(section),
      weightThreshold: numberOption(section, 'weight_threshold') ?? Number.NEGATIVE_INFINITY,
      probabilityBias: within(section, 'prob_bias', 0.5, (bias) => bias >= 0 && bias < 1, problem),
      probabilityPower: within(section, 'prob_power', 1, (power) => power > 0, problem),
      skipped: skipped === undefined ? undefined : place.maps.names(skipped),
    },
  ];
}

function within(
  section: UclObject,
  option: string,
  otherwise: number,
  isGood: (value: number) => boolean,
  problem: (text: string) => void,
): number {
  const value = numberOption(section, option);
  if (value === undefined || isGood(value)) return value ?? otherwise;
  problem(`${option} cannot be ${value}; it is ${otherwise} now`);
  return otherwise;
}

function inMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** A rule that only writes is for the controller. */
function isRead(section: UclObject, problem: (text: string) => void): boolean {
  const mode = textOption(section, 'mode')?.toLowerCase();
  if (mode !== undefined && !['read_only', 'write_only', 'read_write'].includes(mode))
    problem(`there is no mode ${mode}; it is read_write now`);
  return mode !== 'write_only';
}

/** Option `tcp`: yes, no, or a section. */
function tcpOf(section: UclObject): TcpSettings {
  const tcp = sectionOption(section, 'tcp');
  const always = tcp === undefined ? flagOption(section, 'tcp') : flagOption(tcp, 'enabled');
  const number = (name: string, otherwise: number): number => numberOption(tcp, name) ?? otherwise;
  return {
    use: always === true ? 'always' : flagOption(tcp, 'auto') === true ? 'auto' : 'never',
    threshold: number('threshold', 1),
    window: number('window', 1) * 1000,
    timeout: number('timeout', 5) * 1000,
    retryDelay: number('retry_delay', 10) * 1000,
  };
}

function keyOf(
  section: UclObject,
  options: readonly string[],
  problem: (text: string) => void,
): PublicKey | undefined | 'wrong' {
  for (const option of options) {
    const text = textOption(section, option);
    if (text === undefined) continue;
    const key = readPublicKey(text);
    if (key !== undefined) return key;
    problem(`${option} is no key; it is off. A key has 52 characters, as rspamadm keypair prints it`);
    return 'wrong';
  }
  return undefined;
}

function hostsOf(
  section: UclObject,
  options: readonly string[],
  problem: (text: string) => void,
): HostsSpec | undefined {
  for (const option of options) {
    const texts = textsOption(section, option);
    if (texts === undefined) continue;
    const hosts = parseHosts(texts, usual.port);
    for (const { message } of hosts.problems) problem(`${option}: ${message}`);
    return hosts.items.length === 0 ? undefined : hosts;
  }
  return undefined;
}

function flagsOf(
  section: UclObject,
  hitsLimit: number,
  problem: (text: string) => void,
): ReadonlyMap<number, FlagSettings> {
  const pairs = pairsOf(sectionOption(section, 'fuzzy_map')).flatMap(([name, value]) => {
    const flag = numberOption(value, 'flag');
    if (flag === undefined) {
      problem(`fuzzy_map: ${name} has no flag`);
      return [];
    }
    const limit = numberOption(value, 'hits_limit') ?? numberOption(value, 'max_score') ?? hitsLimit;
    return [[flag, { symbol: textOption(value, 'symbol') ?? name, hitsLimit: limit }] as const];
  });
  return new Map(pairs);
}

function algorithmOf(section: UclObject, problem: (text: string) => void): ShingleAlgorithm {
  const name = textOption(section, 'algorithm')?.toLowerCase();
  const known = name === undefined ? 'siphash' : algorithms.get(name);
  if (known === undefined) problem(`there is no algorithm ${name}; it is siphash now`);
  return known ?? 'siphash';
}

/** A section of `checks`. */
function checkOf(section: UclObject, ...names: readonly string[]): UclObject | undefined {
  const checks = pairsOf(sectionOption(section, 'checks'));
  const value = first(checks.find(([name]) => names.includes(name.toLowerCase()))?.[1]);
  return value?.type === 'object' ? value : undefined;
}

const checkNames = ['text', 'html', 'image', 'images', 'archive', 'archives'];

function enabled(check: UclObject | undefined): boolean | undefined {
  return check === undefined ? undefined : (flagOption(check, 'enabled') ?? true);
}

/** rspamd: src/plugins/fuzzy_check.c:fuzzy_rule_apply_checks. */
function htmlOf(section: UclObject): HtmlSettings | undefined {
  const html = checkOf(section, 'html');
  if (!(enabled(html) ?? flagOption(section, 'html_shingles') ?? false)) return undefined;
  const number = (long: string, short: string): number | undefined =>
    numberOption(html, long) ?? numberOption(html, short) ?? numberOption(section, long);
  return {
    minTags: number('min_html_tags', 'min_tags') ?? 10,
    weight: number('html_weight', 'weight') ?? 1,
    ignoreDomains: flagOption(html, 'ignore_link_domains') ?? false,
  };
}

/** Options of the rule, and those of its section `checks`, which win. */
function partsOf(section: UclObject, problem: (text: string) => void): PartSettings {
  const [text, image, archive] = [
    checkOf(section, 'text'),
    checkOf(section, 'image', 'images'),
    checkOf(section, 'archive', 'archives'),
  ];
  for (const [name] of pairsOf(sectionOption(section, 'checks')))
    if (!checkNames.includes(name.toLowerCase())) problem(`there is no check ${name}`);
  const number = (name: string, otherwise: number, more?: UclObject): number =>
    numberOption(more, name) ?? numberOption(section, name) ?? otherwise;
  const flag = (name: string, otherwise: boolean, more?: UclObject): boolean =>
    flagOption(more, name) ?? flagOption(section, name) ?? otherwise;
  return {
    minBytes: number('min_bytes', 1024),
    textMultiplier: number('text_multiplier', 4, text),
    minWords: number('min_length', 64, text),
    minWidth: number('min_width', 500, image),
    minHeight: number('min_height', 500, image),
    texts: enabled(text) ?? flag('text_hashes', true),
    shingles: flag('text_shingles', true),
    shortTexts: flag('short_text_direct_hash', true, text),
    subject: !flag('no_subject', false, text),
    images: enabled(image) ?? !flag('skip_images', false),
    archives: enabled(archive) ?? flag('scan_archives', true),
    mimeTypes: (textsOption(section, 'mime_types') ?? ['application/*']).map(globPattern),
  };
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is');
}
