import type { Table } from '../../option.ts';
import { enabled, map, onOff, redisServers, special, symbol } from './shared.ts';

const text = (usual: string, help: string) => ({ kind: 'string', default: usual, status: 'honoured', help }) as const;

const optionalText = (help: string) => ({ kind: 'string', status: 'honoured', help }) as const;

const lua = (help: string) =>
  ({ kind: 'special', type: 'string', status: { later: `${help}, by a function of Lua` }, help }) as const;

const whoseDomain = 'header, envelope, auth, recipient, or a domain';

/** rspamd: lualib/lua_dkim_tools.lua */
const signing = (kind: 'dkim' | 'arc') =>
  ({
    allow_envfrom_empty: onOff(true, 'Sign messages with an empty sender in the envelope'),
    allow_hdrfrom_mismatch: onOff(false, 'Sign where the domains of From and of the envelope differ'),
    allow_hdrfrom_mismatch_local: onOff(false, 'The same, for clients in local_addrs'),
    allow_hdrfrom_mismatch_sign_networks: onOff(false, 'The same, for clients in sign_networks'),
    allow_hdrfrom_multiple: onOff(false, 'Sign messages with several addresses in From'),
    allow_username_mismatch: onOff(false, 'Sign where the domain of the user is another one than that of the key'),
    allow_pubkey_mismatch: onOff(true, 'Sign where check_pubkey finds no key or another one'),
    check_pubkey: onOff(false, 'Look the public key up before signing'),
    check_violation: onOff(false, 'Sign nothing that has a signature already which does not hold'),
    sign_authenticated: onOff(true, 'Sign messages of clients that authenticated'),
    sign_local: onOff(true, 'Sign messages of clients in local_addrs'),
    sign_inbound: onOff(false, 'Sign messages of all others'),
    sign_networks: map('Sign messages of clients with these addresses'),
    skip_spam_sign: onOff(false, 'Sign nothing for which another action than none is fixed'),
    domain: special(
      'object',
      'Keys of domains: { example.org { selector = s1; path = "/file"; } }, or several selectors',
    ),
    path: optionalText('File of a key; $domain and $selector are filled in'),
    path_map: map('Files of keys by domain'),
    selector: text(kind, 'Selector where a domain has none of its own'),
    selector_map: map('Selectors by domain'),
    signing_table: map('Address of From to an entry of key_table, as OpenDKIM has it'),
    key_table: map('Entry to domain:key or domain:selector:key; % is the domain of From'),
    try_fallback: onOff(true, 'Sign by path and selector where a domain has no key of its own'),
    use_domain: text('header', `Whose domain signs: ${whoseDomain}`),
    use_domain_sign_local: optionalText(`The same for clients in local_addrs: ${whoseDomain}`),
    use_domain_sign_networks: optionalText(`The same for clients in sign_networks: ${whoseDomain}`),
    use_domain_sign_inbound: optionalText(`The same for all others: ${whoseDomain}`),
    use_domain_custom: lua('whose domain signs'),
    sign_condition: lua('whether and by what to sign'),
    use_esld: onOff(true, 'Registered domains sign, not their subdomains'),
    sign_headers: optionalText('Fields to sign, with colons between them'),
    use_redis: onOff(false, 'Keys are in Redis'),
    key_prefix: text(`${kind}_keys`, 'Hash in Redis with keys by selector.domain'),
    selector_prefix: optionalText('Hash in Redis with selectors by domain'),
    ...redisServers('honoured'),
    use_vault: onOff(false, 'Keys are in a Vault'),
    vault_url: optionalText('Address of the Vault: https://vault.example.org:8200'),
    vault_token: optionalText('Token of the Vault'),
    vault_path: text('dkim', 'Path in the Vault; the domain is added'),
    vault_kv_version: {
      kind: 'integer',
      default: 1,
      status: 'honoured',
      help: 'Version of its key-value store: 1 or 2',
    },
    vault_domains: map('Domains whose keys are in the Vault; all without it'),
    http_timeout: { kind: 'time', default: 5000, status: 'honoured', help: 'How long the Vault may take' },
    no_ssl_verify: onOff(false, 'Take the Vault for what it says it is, whatever its certificate'),
    use_http_headers: onOff(false, 'Whether and by what to sign is in fields of the request'),
    allow_headers_fallback: onOff(false, 'Sign as usual what has no such fields'),
    http_sign_header: text('PerformDkimSign', 'Field of the request that asks for a signature'),
    http_sign_on_reject_header_header: text(
      'SignOnAuthFailed',
      'Field of the request: sign though a signature does not hold',
    ),
    http_domain_header: text('DkimDomain', 'Field of the request: the domain that signs'),
    http_selector_header: text('DkimSelector', 'Field of the request: the selector'),
    http_key_header: text('DkimPrivateKey', 'Field of the request: the private key'),
    allowed_ids: {
      kind: 'special',
      type: 'string list',
      status: { later: 'signs for settings that name other symbols only' },
      help: 'Settings for which it signs though they do not name it',
    },
    forbidden_ids: { kind: 'texts', default: [], status: 'honoured', help: 'Settings for which nothing is signed' },
  }) as const;

/** rspamd: src/plugins/lua/dkim_signing.lua, conf/modules.d/dkim_signing.conf */
export const dkimSigningTable = {
  path: 'dkim_signing',
  help: 'DKIM signatures of messages of our clients',
  lenient: true,
  options: {
    enabled,
    symbol: symbol('DKIM_SIGNED', 'the message gets a signature'),
    use_milter_headers: onOff(false, 'The MTA adds the signature as any other field'),
    ...signing('dkim'),
  },
} as const satisfies Table;

/** rspamd: src/plugins/lua/arc.lua, conf/modules.d/arc.conf */
export const arcTable = {
  path: 'arc',
  help: 'ARC chains: whether they hold, and sets of our own',
  lenient: true,
  options: {
    enabled,
    sign_symbol: symbol('ARC_SIGNED', 'the message gets an ARC set'),
    symbols: special('object', 'Names of symbols: allow, invalid, na, reject, trusted_allow'),
    whitelist: map('Domains whose seals are taken to hold though they do not'),
    whitelisted_signers_map: map('Domains of forwarders whose results of authentication are believed'),
    adjust_dmarc: onOff(true, 'What fails DMARC here and passed it at such a forwarder weighs next to nothing'),
    reuse_auth_results: onOff(false, 'Authentication-Results of the message are those of our set'),
    trusted_authserv_id: optionalText('Only those of this host'),
    ...signing('arc'),
  },
} as const satisfies Table;
