import { type Findings, moduleTables, rblListTable, readModule } from '../../../config/index.ts';
import { get, type UclObject, type UclValue } from '../../../ucl/index.ts';
import { flagOption, numberOption, pairsOf, sectionOption, textOption, textsOf, textsOption } from '../options.ts';
import type { Selectors } from '../selectors/index.ts';
import { type CodeMatcher, codeMatchers, matcherOf } from './codes.ts';
import type { DnsList, HashName, ListChecks, Selector, Verdicts } from './list.ts';

/** What reading lists needs of the world. */
export interface ListReading {
  /** DNS questions that a task may ask. */
  readonly maxRequests: number;
  /** Is told of what cannot be used. */
  readonly problem: (text: string) => void;
  /** Is told of options that nobody knows. */
  readonly findings: Findings;
  /** A set of names, as maps are written. */
  readonly nameSet: (value: UclValue) => (name: string) => boolean;
  /** A set of networks, as maps are written. */
  readonly networkSet: (value: UclValue) => (ip: string) => boolean;
  readonly selectors: Selectors;
}

/** Options that lists take over from the module, unless they say not to (rspamd: lualib/plugins/rbl.lua). */
const defaults: Readonly<Record<string, boolean>> = {
  ipv4: true,
  ipv6: true,
  unknown: false,
  dkim_domainonly: true,
  emails_domainonly: false,
  exclude_users: false,
  exclude_local: true,
  no_ip: false,
  dkim_match_from: false,
};

const checkNames = {
  from: 'from',
  received: 'received',
  helo: 'helo',
  rdns: 'rdns',
  dkim: 'dkim',
  emails: 'emails',
  replyto: 'replyto',
  urls: 'urls',
  content_urls: 'contentUrls',
  images: 'images',
  numeric_urls: 'numericUrls',
} as const satisfies Record<string, keyof ListChecks>;

const hashNames: readonly HashName[] = ['sha1', 'sha256', 'sha384', 'sha512', 'md5', 'blake2'];

/** What we do not do for a list; with it the list would say something else than it is meant to. */
const unusable = ['process_script', 'url_compose_map'];

/** The lists of section `rbl` that are on (rspamd: src/plugins/lua/rbl.lua). */
export function readLists(section: UclObject, reading: ListReading): readonly DnsList[] {
  readModule(moduleTables.rbl, section, reading.findings);
  const maps = mapsOf(section, reading);
  const bodies = new Map(['rules', 'rbls'].flatMap((key) => [...pairsOf(sectionOption(section, key))]));
  return [...bodies].flatMap(([name, body]) => {
    if (body.type !== 'object' || !isOn(body, section)) return [];
    readModule(rblListTable, body, reading.findings);
    const foreign = unusable.find((key) => body.entries.has(key));
    if (foreign !== undefined) {
      reading.problem(`list ${name} of section rbl is off: ${foreign} needs Rspamd's own rules`);
      return [];
    }
    try {
      return [new ListReader(name, body, section, maps, reading).read()];
    } catch (cause) {
      reading.problem(`list ${name} of section rbl is off: ${(cause as Error).message}`);
      return [];
    }
  });
}

/** Maps that all lists share. */
interface SharedMaps {
  readonly isOff: ((zone: string) => boolean) | undefined;
  readonly excluded: ((ip: string) => boolean) | undefined;
}

function mapsOf(section: UclObject, { nameSet, networkSet }: ListReading): SharedMaps {
  const [off, excluded] = [get(section, 'disabled_rbl_suffixes_map'), get(section, 'local_exclude_ip_map')];
  return {
    isOff: off === undefined ? undefined : nameSet(off),
    excluded: excluded === undefined ? undefined : networkSet(excluded),
  };
}

function isOn(body: UclObject, section: UclObject): boolean {
  if (flagOption(body, 'disabled') === true) return false;
  const takesOver = flagOption(body, 'ignore_defaults') !== true && flagOption(body, 'ignore_default') !== true;
  return flagOption(body, 'enabled') ?? (!takesOver || flagOption(section, 'default_enabled') !== false);
}

class ListReader {
  readonly #name: string;
  readonly #body: UclObject;
  readonly #section: UclObject;
  readonly #maps: SharedMaps;
  readonly #reading: ListReading;
  readonly #ownDefaults: boolean;

  constructor(name: string, body: UclObject, section: UclObject, maps: SharedMaps, reading: ListReading) {
    this.#name = name;
    this.#body = body;
    this.#section = section;
    this.#maps = maps;
    this.#reading = reading;
    this.#ownDefaults = this.#flag('ignore_defaults') || this.#flag('ignore_default');
  }

  read(): DnsList {
    const body = this.#body;
    const zone = textOption(body, 'rbl');
    if (zone === undefined) throw new Error('it has no option rbl, the zone to ask');
    const symbol = textOption(body, 'symbol') ?? this.#name.toUpperCase();
    const selectors = this.#selectors();
    const checks = this.#checks(selectors.length > 0);
    const prefixes = sectionOption(body, 'symbols_prefixes');
    const { isOff, excluded } = this.#maps;
    return {
      symbol,
      zone,
      checks,
      selectors,
      hops: {
        minPosition: numberOption(body, 'received_min_pos'),
        maxPosition: numberOption(body, 'received_max_pos'),
        flags: textsOption(body, 'received_flags') ?? [],
        notFlags: textsOption(body, 'received_nflags') ?? [],
      },
      ipv4: this.#inherited('ipv4') || this.#takesBoth('ipv4'),
      ipv6: this.#inherited('ipv6') || this.#takesBoth('ipv6'),
      verdicts: this.#verdicts(),
      unknown: this.#inherited('unknown'),
      prefixes:
        prefixes === undefined
          ? undefined
          : new Map(
              pairsOf(prefixes).flatMap(([label, value]) => textsOf(value).map((text) => [label, text] as const)),
            ),
      excludeUsers: this.#inherited('exclude_users'),
      excludeLocal: this.#inherited('exclude_local'),
      excluded,
      isOff: () => isOff?.(zone) === true,
      noIp: this.#inherited('no_ip'),
      resolveIp: this.#flag('resolve_ip'),
      dkimDomainOnly: this.#inherited('dkim_domainonly'),
      emailsDomainOnly: this.#inherited('emails_domainonly'),
      emailsDelimiter: textOption(body, 'emails_delimiter'),
      dkimMatchFrom: this.#inherited('dkim_match_from'),
      urlFullHostname: this.#flag('url_full_hostname'),
      hash: this.#hash(),
      hashFormat: oneOf(textOption(body, 'hash_format') ?? 'hex', ['hex', 'base32', 'base64'], 'hash_format'),
      hashLength: numberOption(body, 'hash_len'),
      isWhitelist: this.#flag('is_whitelist'),
      whitelistExceptions: new Set(textsOption(body, 'whitelist_exception')),
      ignoreWhitelist: this.#flag('ignore_whitelist') || this.#flag('ignore_whitelists'),
      whitelist: this.#whitelist(checks),
      requireSymbols: textsOption(body, 'require_symbols') ?? [],
      requestsLimit: numberOption(body, 'requests_limit') ?? this.#reading.maxRequests,
      monitored: this.#monitored(checks),
    };
  }

  #flag(name: string): boolean {
    return flagOption(this.#body, name) ?? false;
  }

  /** Where defaults are ignored an option that is not there is off. */
  #inherited(name: string): boolean {
    const own = flagOption(this.#body, name);
    if (own !== undefined) return own;
    if (this.#ownDefaults) return false;
    return flagOption(this.#section, `default_${name}`) ?? defaults[name] ?? false;
  }

  /** An option of a kind of addresses that is nowhere. */
  #takesBoth(name: string): boolean {
    return this.#ownDefaults && flagOption(this.#body, name) === undefined;
  }

  #checks(hasSelectors: boolean): ListChecks {
    const listed = textsOption(this.#body, 'checks') ?? [];
    const excluded = new Set(textsOption(this.#body, 'exclude_checks'));
    const wrong = listed.find((name) => !(name in checkNames) && name !== 'selector');
    if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no check of lists`);
    const on = (name: string): boolean => (listed.includes(name) && !excluded.has(name)) || this.#flag(name);
    const checks = Object.fromEntries(
      Object.entries(checkNames).map(([name, key]) => [key, on(name)]),
    ) as unknown as ListChecks;
    const none = !hasSelectors && !Object.values(checks).includes(true);
    return none ? { ...checks, from: true } : checks;
  }

  #selectors(): readonly Selector[] {
    const value = get(this.#body, 'selector');
    const { selectors } = this.#reading;
    if (value === undefined) return [];
    const isFlat = flagOption(this.#body, 'selector_flatten') ?? flagOption(this.#section, 'default_selector_flatten');
    if (isFlat === false)
      throw new Error('values of a selector are looked up one by one, which selector_flatten forbids');
    if (value.type !== 'object')
      return textsOf(value).map((text) => ({ label: 'selector', select: selectors.flat(text) }));
    return pairsOf(value).flatMap(([label, one]) =>
      textsOf(one).map((text) => ({ label, select: selectors.flat(text) })),
    );
  }

  #verdicts(): Verdicts {
    const bits = sectionOption(this.#body, 'returnbits') ?? sectionOption(this.#body, 'return_bits');
    if (bits !== undefined)
      return {
        kind: 'bits',
        symbols: pairsOf(bits).map(([symbol, value]) => [symbol.toUpperCase(), textsOf(value).map(Number)]),
      };
    const codes = sectionOption(this.#body, 'returncodes') ?? sectionOption(this.#body, 'return_codes');
    if (codes === undefined) return { kind: 'any' };
    const pairs = pairsOf(codes).map(([symbol, value]) => [symbol.toUpperCase(), textsOf(value)] as const);
    const isPattern = pairs.some(([, texts]) => texts.some((text) => /[%[]/.test(text)));
    const given = textOption(this.#body, 'returncodes_matcher');
    const kind: CodeMatcher =
      given === undefined ? (isPattern ? 'luapattern' : 'equality') : oneOf(given, codeMatchers, 'returncodes_matcher');
    return { kind: 'codes', symbols: pairs.map(([symbol, texts]) => [symbol, matcherOf(texts, kind)]) };
  }

  #hash(): HashName | undefined {
    const hash = textOption(this.#body, 'hash');
    if (hash === undefined) return undefined;
    return oneOf(hash, hashNames, 'hash');
  }

  #whitelist(checks: ListChecks): ((element: string) => boolean) | undefined {
    const own = get(this.#body, 'whitelist');
    const { nameSet, networkSet } = this.#reading;
    if (own !== undefined) return checks.from || checks.received ? networkSet(own) : nameSet(own);
    const names = get(this.#body, 'url_whitelist') ?? get(this.#section, 'url_whitelist');
    const takesNames = checks.urls || checks.emails || checks.dkim || checks.replyto;
    if (names === undefined || this.#flag('ignore_url_whitelist') || !takesNames || checks.from || checks.received)
      return undefined;
    return nameSet(names);
  }

  #monitored(checks: ListChecks): DnsList['monitored'] {
    if (this.#flag('disable_monitoring') || flagOption(this.#section, 'disable_monitoring') === true) return undefined;
    return {
      prefix: textOption(this.#body, 'monitored_address') ?? '1.0.0.127',
      random:
        flagOption(this.#body, 'random_monitored') ?? (!(checks.from || checks.received) || this.#inherited('no_ip')),
    };
  }
}

function oneOf<T extends string>(text: string, allowed: readonly T[], option: string): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new Error(`${option} is one of ${allowed.join(', ')}, not ${JSON.stringify(text)}`);
  return found;
}
