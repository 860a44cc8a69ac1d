import { join } from 'node:path';
import { type Findings, moduleTables, readModule } from '../../../config/index.ts';
import { get, type UclObject, type UclValue } from '../../../ucl/index.ts';
import { usualSignedFields } from '../dkim/index.ts';
import type { MapReader } from '../maps.ts';
import { pairsOf, sectionOption, textOption } from '../options.ts';
import { type RedisWorld, redisOfModule } from '../redis/index.ts';
import type { RedisKeySettings } from './redis-keys.ts';
import type { VaultSettings } from './vault.ts';

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
  /** Keys are there and nowhere else. */
  readonly redis: RedisKeySettings | undefined;
  readonly vault: VaultSettings | undefined;
  readonly request: RequestFields | undefined;
  /** Settings for which nothing is signed. */
  readonly forbiddenIds: readonly string[];
  /** Look whether the key is in DNS. */
  readonly checkKey: boolean;
  /** Not where the message has a signature already that does not hold. */
  readonly checkViolation: boolean;
  readonly skipSpam: boolean;
  readonly fields: string;
  /** The MTA adds the field as any other. */
  readonly asHeader: boolean;
  /** Of an ARC set: what the message says of its authentication counts in place of what was found here. */
  readonly reuse: ReuseSettings | undefined;
}

export interface ReuseSettings {
  /** Only what this host says. */
  readonly host: string | undefined;
}

export interface SignerKey {
  readonly selector: string | undefined;
  readonly path: string | undefined;
}

/** Fields of the request that say by what to sign. */
export interface RequestFields {
  readonly sign: string;
  readonly domain: string;
  readonly selector: string;
  readonly key: string;
  /** Sign though there is a signature that does not hold. */
  readonly signRejected: string;
  /** What has no such fields is signed as usual. */
  readonly fallback: boolean;
}

/** What settings of signing are read with. */
export interface SignerWorld extends RedisWorld {
  readonly findings: Findings;
  readonly maps: MapReader;
  /** Folder of what lasts. */
  readonly stateFolder: string;
}

/**
 * Reads section `dkim_signing` or the signing options of `arc` (rspamd: src/plugins/lua/dkim_signing.lua,
 * lualib/lua_dkim_tools.lua).
 * @returns undefined where it is off
 */
export function readSigner(kind: 'dkim' | 'arc', world: SignerWorld): SignerSettings | undefined {
  const name = kind === 'dkim' ? 'dkim_signing' : 'arc';
  const section = world.section(name);
  if (section === undefined) return undefined;
  const { maps, findings, problem } = world;
  const { given, symbol, asHeader, reuse } = optionsOf(kind, section, findings);
  const foreign = ['sign_condition', 'use_domain_custom'].find((option) => section.entries.has(option));
  if (foreign !== undefined) {
    problem(`${name} signs nothing: ${foreign} is a function of Lua`);
    return undefined;
  }
  const redis = given.use_redis ? redisOfModule(name, section, world) : undefined;
  const { vault_url: url, vault_token: token, key_prefix: prefix, selector_prefix: selectorPrefix } = given;
  const missing =
    given.use_redis && redis === undefined
      ? 'use_redis is set, but no servers are: name them in section redis'
      : given.use_vault && (url === undefined || token === undefined)
        ? 'use_vault needs vault_url and vault_token'
        : undefined;
  if (missing !== undefined) {
    problem(`${name} signs nothing: ${missing}`);
    return undefined;
  }
  const values = (map: UclValue | undefined) => (map === undefined ? undefined : maps.values(map));
  const fields = kind === 'dkim' ? textOption(world.section('dkim'), 'sign_headers') : undefined;
  const vaultDomains = values(given.vault_domains);
  return {
    symbol,
    authenticated: given.sign_authenticated,
    local: given.sign_local,
    inbound: given.sign_inbound,
    networks: given.sign_networks === undefined ? undefined : maps.networks(given.sign_networks),
    allow: {
      emptySender: given.allow_envfrom_empty,
      mismatch: given.allow_hdrfrom_mismatch,
      mismatchLocal: given.allow_hdrfrom_mismatch_local,
      mismatchNetworks: given.allow_hdrfrom_mismatch_sign_networks,
      multipleFrom: given.allow_hdrfrom_multiple,
      otherUser: given.allow_username_mismatch,
      otherKey: given.allow_pubkey_mismatch,
    },
    domain: sourceOf(given.use_domain) ?? 'header',
    domainLocal: sourceOf(given.use_domain_sign_local),
    domainNetworks: sourceOf(given.use_domain_sign_networks),
    domainInbound: sourceOf(given.use_domain_sign_inbound),
    registered: given.use_esld,
    domains: readDomains(sectionOption(section, 'domain')),
    selectorMap: values(given.selector_map),
    pathMap: values(given.path_map),
    signingTable: values(given.signing_table),
    keyTable: values(given.key_table),
    fallback: given.try_fallback,
    path: given.path ?? join(world.stateFolder, kind, '$domain.$selector.key'),
    selector: given.selector,
    redis: redis === undefined ? undefined : { servers: redis, prefix, selectorPrefix },
    vault:
      !given.use_vault || url === undefined || token === undefined
        ? undefined
        : {
            url: vaultUrl(url, given.vault_path, given.vault_kv_version === 2),
            token,
            isNested: given.vault_kv_version === 2,
            has: (domain) => vaultDomains === undefined || vaultDomains(domain) !== undefined,
            timeout: given.http_timeout,
            verify: !given.no_ssl_verify,
          },
    request: given.use_http_headers
      ? {
          sign: given.http_sign_header,
          domain: given.http_domain_header,
          selector: given.http_selector_header,
          key: given.http_key_header,
          signRejected: given.http_sign_on_reject_header_header,
          fallback: given.allow_headers_fallback,
        }
      : undefined,
    forbiddenIds: given.forbidden_ids,
    checkKey: given.check_pubkey,
    checkViolation: given.check_violation,
    skipSpam: given.skip_spam_sign,
    fields: given.sign_headers ?? fields ?? usualFieldsOf(kind),
    asHeader,
    reuse,
  };
}

function optionsOf(kind: 'dkim' | 'arc', section: UclObject, findings: Findings) {
  if (kind === 'arc') {
    const given = readModule(moduleTables.arc, section, findings);
    const reuse = given.reuse_auth_results ? { host: given.trusted_authserv_id } : undefined;
    return { given, symbol: given.sign_symbol, asHeader: false, reuse };
  }
  const given = readModule(moduleTables.dkim_signing, section, findings);
  return { given, symbol: given.symbol, asHeader: given.use_milter_headers, reuse: undefined };
}

/** Where keys of a domain are, once it is added (rspamd: lualib/lua_dkim_tools.lua:sign_using_vault). */
function vaultUrl(url: string, path: string, isNested: boolean): string {
  const [mount, ...inner] = path.split('/').filter((part) => part !== '');
  const parts = isNested ? [mount, 'data', ...inner] : [mount, ...inner];
  return `${url.replace(/\/+$/, '')}/v1/${parts.join('/')}/`;
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
