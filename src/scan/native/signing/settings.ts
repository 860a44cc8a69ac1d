import { get, type UclObject } from '../../../ucl/index.ts';
import { usualSignedFields } from '../dkim/index.ts';
import type { MapReader } from '../maps.ts';
import { flagOption, pairsOf, sectionOption, textOption } from '../options.ts';

/** Whose domain signs: that of From, of MAIL FROM, of the authenticated user, of the recipient, or one that is named. */
export type DomainSource = 'header' | 'envelope' | 'auth' | 'recipient' | { readonly domain: string };

export interface SignerSettings {
  readonly symbol: string;
  readonly authenticated: boolean;
  readonly local: boolean;
  readonly inbound: boolean;
  readonly networks: ((ip: string) => boolean) | undefined;
  readonly allow: {
    readonly emptySender: boolean;
    readonly mismatch: boolean;
    readonly mismatchLocal: boolean;
    readonly mismatchNetworks: boolean;
    readonly multipleFrom: boolean;
    readonly otherUser: boolean;
    readonly otherKey: boolean;
  };
  readonly domain: DomainSource;
  readonly domainLocal: DomainSource | undefined;
  readonly domainNetworks: DomainSource | undefined;
  readonly domainInbound: DomainSource | undefined;
  /** Registered domains in place of whole names. */
  readonly registered: boolean;
  /** Keys of domains. */
  readonly domains: ReadonlyMap<string, readonly SignerKey[]>;
  readonly selectorMap: ((domain: string) => string | undefined) | undefined;
  readonly pathMap: ((domain: string) => string | undefined) | undefined;
  /** Sender address to entry of the key table, as OpenDKIM has it. */
  readonly signingTable: ((address: string) => string | undefined) | undefined;
  readonly keyTable: ((entry: string) => string | undefined) | undefined;
  /** Sign with the usual path and selector where a domain has none of its own. */
  readonly fallback: boolean;
  /** With `$domain` and `$selector`. */
  readonly path: string;
  readonly selector: string;
  /** Look whether the key is in DNS. */
  readonly checkKey: boolean;
  /** Not where the message has a signature already that does not hold. */
  readonly checkViolation: boolean;
  readonly skipSpam: boolean;
  readonly fields: string;
  /** The MTA adds the field as any other. */
  readonly asHeader: boolean;
}

export interface SignerKey {
  readonly selector: string | undefined;
  readonly path: string | undefined;
}

/** What needs Rspamd's own Lua, or a service. */
const unusable = ['use_redis', 'use_vault', 'use_http_headers', 'sign_condition', 'use_domain_custom'];

/**
 * Reads section `dkim_signing` or the signing options of `arc` (rspamd: src/plugins/lua/dkim_signing.lua,
 * lualib/lua_dkim_tools.lua).
 * @param fields that `dkim.sign_headers` or the like names
 * @returns undefined where it is off
 */
export function readSigner(
  kind: 'dkim' | 'arc',
  section: UclObject | undefined,
  fields: string | undefined,
  maps: MapReader,
  problem: (text: string) => void,
): SignerSettings | undefined {
  if (section === undefined) return undefined;
  const name = kind === 'dkim' ? 'dkim_signing' : 'arc';
  const foreign = unusable.find((option) => section.entries.has(option) && flagOption(section, option) !== false);
  if (foreign !== undefined) {
    problem(`${name} signs nothing: ${foreign} needs Rspamd's own rules`);
    return undefined;
  }
  const on = (option: string, usual: boolean): boolean => flagOption(section, option) ?? usual;
  const map = (option: string): ((key: string) => string | undefined) | undefined => {
    const value = get(section, option);
    return value === undefined ? undefined : maps.values(value);
  };
  const source = (option: string): DomainSource | undefined => sourceOf(textOption(section, option));
  const networks = get(section, 'sign_networks');
  return {
    symbol:
      textOption(section, 'symbol') ??
      textOption(section, 'sign_symbol') ??
      (kind === 'dkim' ? 'DKIM_SIGNED' : 'ARC_SIGNED'),
    authenticated: on('sign_authenticated', true),
    local: on('sign_local', true),
    inbound: on('sign_inbound', false),
    networks: networks === undefined ? undefined : maps.networks(networks),
    allow: {
      emptySender: on('allow_envfrom_empty', true),
      mismatch: on('allow_hdrfrom_mismatch', false),
      mismatchLocal: on('allow_hdrfrom_mismatch_local', false),
      mismatchNetworks: on('allow_hdrfrom_mismatch_sign_networks', false),
      multipleFrom: on('allow_hdrfrom_multiple', false),
      otherUser: on('allow_username_mismatch', false),
      otherKey: on('allow_pubkey_mismatch', true),
    },
    domain: source('use_domain') ?? 'header',
    domainLocal: source('use_domain_sign_local'),
    domainNetworks: source('use_domain_sign_networks'),
    domainInbound: source('use_domain_sign_inbound'),
    registered: on('use_esld', true),
    domains: readDomains(sectionOption(section, 'domain')),
    selectorMap: map('selector_map'),
    pathMap: map('path_map'),
    signingTable: map('signing_table'),
    keyTable: map('key_table'),
    fallback: on('try_fallback', true),
    path: textOption(section, 'path') ?? `/var/lib/rspamd/${kind}/$domain.$selector.key`,
    selector: textOption(section, 'selector') ?? kind,
    checkKey: on('check_pubkey', false),
    checkViolation: on('check_violation', false),
    skipSpam: on('skip_spam_sign', false),
    fields: textOption(section, 'sign_headers') ?? fields ?? usualFieldsOf(kind),
    asHeader: on('use_milter_headers', false),
  };
}

function usualFieldsOf(kind: 'dkim' | 'arc'): string {
  return kind === 'dkim' ? usualSignedFields : `${usualSignedFields}:dkim-signature`;
}

function sourceOf(text: string | undefined): DomainSource | undefined {
  if (text === undefined) return undefined;
  if (text === 'header' || text === 'envelope' || text === 'auth' || text === 'recipient') return text;
  return { domain: text.toLowerCase() };
}

function readDomains(section: UclObject | undefined): ReadonlyMap<string, readonly SignerKey[]> {
  return new Map(
    pairsOf(section).map(([domain, body]) => {
      const own = keyOf(body.type === 'object' ? body : undefined);
      const listed = get(body, 'selectors');
      const members = listed === undefined ? [] : listed.type === 'array' ? listed.items : [listed];
      const keys = members.map((member) => keyOf(member.type === 'object' ? member : undefined));
      return [domain.toLowerCase(), [own, ...keys].filter((key) => key !== undefined)] as const;
    }),
  );
}

function keyOf(body: UclObject | undefined): SignerKey | undefined {
  const [selector, path] = [textOption(body, 'selector'), textOption(body, 'path')];
  return selector === undefined && path === undefined ? undefined : { selector, path };
}
