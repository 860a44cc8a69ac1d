import type { Table } from '../../option.ts';
import { enabled, map, onOff } from './shared.ts';

const count = (usual: number, help: string) =>
  ({ kind: 'integer', default: usual, min: 0, status: 'honoured', help }) as const;

const on = onOff(true, 'False switches the check off');

const section = <T extends Table>(table: T) =>
  ({ kind: 'section', table, status: 'honoured', help: table.help }) as const;

/** Maps that Rspamd reads and whose finds it only writes into its debug log. */
const idleMap = (help: string) =>
  ({ kind: 'special', type: 'map', status: { later: 'in Rspamd it leads to no symbol either' }, help }) as const;

const userPasswordTable = {
  path: 'url_suspect.checks.user_password',
  help: 'User names in URLs',
  lenient: true,
  options: {
    enabled: on,
    length_thresholds: section({
      path: 'url_suspect.checks.user_password.length_thresholds',
      help: 'Bytes of a user name',
      lenient: true,
      options: {
        long: count(128, 'Above it the symbol is URL_USER_LONG'),
        very_long: count(256, 'Above it the symbol is URL_USER_VERY_LONG'),
        suspicious: {
          kind: 'special',
          type: 'int',
          status: 'honoured',
          help: 'Stands in the stock file; URL_USER_PASSWORD is for every user name',
        },
      },
    } as const satisfies Table),
    pattern_map: idleMap('Regular expressions of user names'),
    blacklist_map: idleMap('User names'),
  },
} as const satisfies Table;

const numericIpTable = {
  path: 'url_suspect.checks.numeric_ip',
  help: 'Bare addresses in URLs',
  lenient: true,
  options: {
    enabled: on,
    allow_private_ranges: onOff(true, 'Addresses of local_addrs have a symbol of their own, URL_NUMERIC_PRIVATE_IP'),
    range_map: idleMap('Addresses and networks'),
  },
} as const satisfies Table;

const tldTable = {
  path: 'url_suspect.checks.tld',
  help: 'Top level domains',
  lenient: true,
  options: {
    enabled: on,
    suspicious_tlds_map: map('Top level domains, with a dot before them or without, for URL_SUSPICIOUS_TLD'),
  },
} as const satisfies Table;

const unicodeTable = {
  path: 'url_suspect.checks.unicode',
  help: 'Characters in URLs',
  lenient: true,
  options: {
    enabled: on,
    check_validity: onOff(true, 'URL_BAD_UNICODE: bytes that are no UTF-8'),
    check_homographs: onOff(true, 'URL_HOMOGRAPH_ATTACK: a host with characters that show nothing'),
    check_rtl_override: onOff(true, 'URL_RTL_OVERRIDE: a character that turns the direction'),
    check_zero_width: onOff(true, 'URL_ZERO_WIDTH_SPACES'),
  },
} as const satisfies Table;

const structureTable = {
  path: 'url_suspect.checks.structure',
  help: 'The build of URLs',
  lenient: true,
  options: {
    enabled: on,
    check_multiple_at: onOff(true, 'URL_MULTIPLE_AT_SIGNS'),
    max_at_signs: count(2, 'At signs that a URL may have'),
    check_backslash: onOff(true, 'URL_BACKSLASH_PATH'),
    check_excessive_dots: onOff(true, 'URL_EXCESSIVE_DOTS'),
    max_host_dots: count(6, 'Dots that a host may have'),
    check_length: onOff(true, 'URL_VERY_LONG'),
    max_url_length: count(2048, 'Bytes that a URL may have'),
    port_map: idleMap('Ports'),
  },
} as const satisfies Table;

const queryUrlsTable = {
  path: 'url_suspect.checks.query_urls',
  help: 'URLs in the query of another one',
  lenient: true,
  options: {
    enabled: on,
    max_query_urls: count(1, 'URLs that a query may have'),
  },
} as const satisfies Table;

const obfuscatedTextTable = {
  path: 'url_suspect.checks.obfuscated_text',
  help: 'URLs that are written so that no program takes them for one',
  lenient: true,
  options: {
    enabled: on,
    max_matches_per_message: count(50, 'Places of a message that are looked at'),
    max_extracted_urls: count(20, 'URLs of a message that are taken'),
    min_match_length: count(8, 'Bytes that a place has to have'),
    context_before: count(64, 'Bytes before a place that are looked at'),
    context_after: count(256, 'Bytes behind it'),
    max_normalize_length: count(512, 'Bytes that are looked at in all'),
    max_match_length: {
      kind: 'special',
      type: 'int',
      status: 'honoured',
      help: 'For engines that do not tell where a match begins; this one does',
    },
    patterns_enabled: section({
      path: 'url_suspect.checks.obfuscated_text.patterns_enabled',
      help: 'Ways to write a URL so that no program takes it for one',
      lenient: true,
      options: {
        spaced_protocol: onOff(true, 'h t t p : / /'),
        hxxp: onOff(true, 'hxxp://'),
        bracket_dots: onOff(true, 'example[.]com'),
        word_dots: onOff(true, 'example dot com'),
        html_entities: onOff(true, '&#104;&#116;'),
      },
    } as const satisfies Table),
    pattern_map: map('Names of the ways that count, in place of patterns_enabled'),
  },
} as const satisfies Table;

/** rspamd: src/plugins/lua/url_suspect.lua, conf/modules.d/url_suspect.conf */
export const urlSuspectTable = {
  path: 'url_suspect',
  help: 'URLs that are not as people write them',
  lenient: true,
  options: {
    enabled,
    max_urls: count(10_000, 'URLs of a message that are looked at'),
    process_flags: {
      kind: 'texts',
      default: ['has_user', 'numeric', 'obscured', 'zw_spaces', 'no_tld'],
      defaultText: 'has_user, numeric, obscured, zw_spaces, no_tld',
      status: 'honoured',
      help: 'Only URLs with one of these flags are looked at where the checks tld, query_urls and structure are off',
    },
    use_whitelist: onOff(false, 'Do not look at hosts of whitelist_map'),
    whitelist_map: map('Hosts that are not looked at'),
    checks: section({
      path: 'url_suspect.checks',
      help: 'What is looked at',
      lenient: true,
      options: {
        user_password: section(userPasswordTable),
        numeric_ip: section(numericIpTable),
        tld: section(tldTable),
        unicode: section(unicodeTable),
        structure: section(structureTable),
        query_urls: section(queryUrlsTable),
        obfuscated_text: section(obfuscatedTextTable),
      },
    } as const satisfies Table),
    custom_checks: {
      kind: 'special',
      type: 'object',
      status: { later: 'checks that are written in Lua' },
      help: 'Functions in Lua',
    },
  },
} as const satisfies Table;
