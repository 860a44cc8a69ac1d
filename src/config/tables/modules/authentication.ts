import type { Table } from '../../option.ts';
import { cacheSize, clients, enabled, map, onOff, redisServers, special, symbol } from './shared.ts';

const count = (usual: number, help: string) => ({ kind: 'integer', default: usual, status: 'honoured', help }) as const;

const oneCache = { later: 'records are kept as long as their TTL says' } as const;

/** rspamd: src/plugins/lua/spf.lua, conf/modules.d/spf.conf */
export const spfTable = {
  path: 'spf',
  help: 'SPF: whether the client may send for the domain of the envelope',
  lenient: true,
  options: {
    enabled,
    ...clients,
    whitelist: map('Addresses and networks of clients that are not looked at'),
    external_relay: map('Relays of our own: the client is the hop before them'),
    max_dns_nesting: count(10, 'How deep records may refer to others'),
    max_dns_requests: count(30, 'Questions of DNS for a message'),
    max_dns_expansions: count(100, 'Addresses that may come of a record'),
    disable_ipv6: onOff(false, 'Ask for no addresses of IPv6'),
    symbols: {
      kind: 'section',
      status: 'honoured',
      help: 'Names of symbols',
      table: {
        path: 'spf.symbols',
        help: 'Names of symbols',
        options: {
          allow: symbol('R_SPF_ALLOW', 'the client may send for the domain'),
          fail: symbol('R_SPF_FAIL', 'it may not'),
          softfail: symbol('R_SPF_SOFTFAIL', 'it should not'),
          neutral: symbol('R_SPF_NEUTRAL', 'the domain says nothing of the client'),
          na: symbol('R_SPF_NA', 'the domain has no record'),
          dnsfail: symbol('R_SPF_DNSFAIL', 'the record could not be looked up'),
          permfail: symbol('R_SPF_PERMFAIL', 'the record makes no sense'),
          plusall: symbol('R_SPF_PLUSALL', 'the record lets anybody send'),
        },
      },
    },
    spf_cache_size: cacheSize(2000),
    spf_cache_expire: { kind: 'time', default: 86_400_000, status: oneCache, help: 'How long records are kept' },
    min_cache_ttl: { kind: 'time', default: 300_000, status: oneCache, help: 'How long records are kept at least' },
  },
} as const satisfies Table;

/** rspamd: src/plugins/dkim_check.c, conf/modules.d/dkim.conf */
export const dkimTable = {
  path: 'dkim',
  help: 'DKIM: whether signatures hold',
  lenient: true,
  options: {
    enabled,
    ...clients,
    whitelist: map('Addresses and networks of clients that are not looked at'),
    domains: {
      ...map('Domains that are judged more strictly, alone or with the weights of bad and good signatures: 2:0.5'),
      aliases: ['trusted_domains'],
    },
    strict_multiplier: count(1, 'Weight of signatures of those domains that name none'),
    trusted_only: onOff(false, 'Look at signatures of those domains only'),
    time_jitter: { kind: 'time', default: 21_600_000, status: 'honoured', help: 'How far clocks may be apart' },
    max_sigs: count(5, 'Signatures of a message that are looked at'),
    symbol_allow: symbol('R_DKIM_ALLOW', 'a signature holds'),
    symbol_reject: symbol('R_DKIM_REJECT', 'a signature does not hold'),
    symbol_tempfail: symbol('R_DKIM_TEMPFAIL', 'a key could not be looked up'),
    symbol_permfail: symbol('R_DKIM_PERMFAIL', 'there is no usable key'),
    symbol_na: symbol('R_DKIM_NA', 'there is no signature'),
    sign_headers: {
      kind: 'string',
      status: 'honoured',
      help: 'Fields that dkim_signing signs, where it does not say so itself',
    },
    dkim_cache_size: cacheSize(2000),
    dkim_cache_expire: { kind: 'time', default: 86_400_000, status: oneCache, help: 'How long keys are kept' },
    sign_cache_size: {
      kind: 'integer',
      default: 128,
      status: { later: 'every private key that was read is kept' },
      help: 'Private keys that are kept',
    },
    skip_multi: {
      kind: 'flag',
      default: false,
      status: { later: 'nothing, as in Rspamd' },
      help: 'Nothing any more',
    },
  },
} as const satisfies Table;

const found = (name: string) =>
  ({
    kind: 'string',
    default: name,
    status: { later: 'what SPF and DKIM found is taken from them, whatever their symbols are' },
    help: 'Name of a symbol of SPF or DKIM',
  }) as const;

/** rspamd: src/plugins/lua/dmarc.lua, lualib/plugins/dmarc.lua */
export const dmarcTable = {
  path: 'dmarc',
  help: 'DMARC: whether the domain of From vouches for the message',
  lenient: true,
  options: {
    enabled,
    ...clients,
    actions: special('object', 'Least actions by what was found: { reject = "reject"; quarantine = "add header"; }'),
    no_sampling_domains: map('Domains whose policy holds for all messages, whatever pct says'),
    no_reporting_domains: {
      kind: 'special',
      type: 'map',
      status: 'honoured',
      help: 'Domains that get no reports; none are made',
    },
    symbols: {
      kind: 'section',
      status: 'honoured',
      help: 'Names of symbols',
      table: {
        path: 'dmarc.symbols',
        help: 'Names of symbols',
        options: {
          allow: symbol('DMARC_POLICY_ALLOW', 'SPF or DKIM speaks for the sender'),
          reject: symbol('DMARC_POLICY_REJECT', 'neither does, and the domain asks to reject'),
          quarantine: symbol('DMARC_POLICY_QUARANTINE', 'neither does, and it asks to set aside'),
          softfail: symbol('DMARC_POLICY_SOFTFAIL', 'neither does, and it asks for nothing'),
          na: symbol('DMARC_NA', 'there is no policy'),
          dnsfail: symbol('DMARC_DNSFAIL', 'the policy could not be looked up'),
          badpolicy: symbol('DMARC_BAD_POLICY', 'the policy makes no sense'),
          spf_allow_symbol: found('R_SPF_ALLOW'),
          spf_deny_symbol: found('R_SPF_FAIL'),
          spf_softfail_symbol: found('R_SPF_SOFTFAIL'),
          spf_neutral_symbol: found('R_SPF_NEUTRAL'),
          spf_tempfail_symbol: found('R_SPF_DNSFAIL'),
          spf_permfail_symbol: found('R_SPF_PERMFAIL'),
          spf_na_symbol: found('R_SPF_NA'),
          dkim_allow_symbol: found('R_DKIM_ALLOW'),
          dkim_deny_symbol: found('R_DKIM_REJECT'),
          dkim_tempfail_symbol: found('R_DKIM_TEMPFAIL'),
          dkim_permfail_symbol: found('R_DKIM_PERMFAIL'),
          dkim_na_symbol: found('R_DKIM_NA'),
        },
      },
    },
    reporting: {
      kind: 'section',
      status: 'honoured',
      help: 'Reports to the domains',
      table: {
        path: 'dmarc.reporting',
        help: 'Reports to the domains',
        options: {
          enabled: {
            kind: 'flag',
            default: false,
            status: { later: 'nothing is noted for reports of DMARC' },
            help: 'Note what domains are to be told',
          },
        },
      },
    },
    munging: special('object', 'Messages of mailing lists get another From', {
      later: 'rewrites From for mailing lists',
    }),
    ...redisServers('honoured'),
  },
} as const satisfies Table;

/** rspamd: src/plugins/lua/asn.lua, conf/modules.d/asn.conf */
export const asnTable = {
  path: 'asn',
  help: 'Who owns the network of the client',
  lenient: true,
  options: {
    enabled,
    ...clients,
    provider_type: {
      kind: 'choice',
      choices: { rspamd: 'rspamd' },
      default: 'rspamd',
      complaint: 'there is no other provider of networks',
      status: 'honoured',
      help: 'How the owner is asked for: rspamd, by DNS',
    },
    provider_info: {
      kind: 'section',
      status: 'honoured',
      help: 'Zones that know owners of networks',
      table: {
        path: 'asn.provider_info',
        help: 'Zones that know owners of networks',
        options: {
          ip4: { kind: 'string', default: 'asn.rspamd.com', status: 'honoured', help: 'Zone for IPv4' },
          ip6: { kind: 'string', default: 'asn6.rspamd.com', status: 'honoured', help: 'Zone for IPv6' },
        },
      },
    },
    symbol: symbol('ASN', 'who owns the network; with _FAIL where that could not be looked up'),
  },
} as const satisfies Table;
