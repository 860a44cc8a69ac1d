import type { DocType, Table } from '../../option.ts';
import { enabled } from './shared.ts';

/** Rules are read by code of their own: a wrong value switches one rule off, or is told. */
const known = (type: DocType, help: string) => ({ kind: 'special', type, status: 'honoured', help }) as const;

/** rspamd: src/plugins/fuzzy_check.c:fuzzy_parse_rule */
export const fuzzyTcpTable = {
  path: 'fuzzy_check.rule.tcp',
  help: 'When a storage is asked by TCP',
  lenient: true,
  options: {
    enabled: known('bool', 'Always, once a connection is there'),
    auto: known('bool', 'While there are many messages'),
    threshold: known('double', 'Messages in a second that are many; 1 without it'),
    window: known('time', 'How long messages are counted; 1s without it'),
    timeout: known('time', 'How long connecting may take, and how long a connection is kept unused; 5s without it'),
    retry_delay: known('time', 'How long none is made after a failure; 10s without it'),
  },
} as const satisfies Table;

/** rspamd: src/plugins/fuzzy_check.c:fuzzy_parse_rule, lualib/lua_fuzzy.lua */
export const fuzzyRuleTable = {
  path: 'fuzzy_check.rule',
  help: 'A storage and what it is asked for',
  lenient: true,
  options: {
    enabled: known('bool', 'False switches the rule off'),
    enable: known('bool', 'The same'),
    servers: known('string', 'Hosts of the storage, as in hosts of an upstream'),
    read_servers: known('string', 'Hosts that are asked'),
    write_servers: known('string', 'Hosts that are taught; asked where there are no others'),
    encryption_key: known('string', 'Public key of the storage'),
    read_encryption_key: known('string', 'The same, for hosts that are asked'),
    write_encryption_key: known('string', 'The same, for hosts that are taught'),
    tcp: { ...known('object', 'Ask by TCP: yes, no or when'), table: fuzzyTcpTable },
    timeout: known('time', 'How long a reply may take; that of the section without it'),
    retransmits: known('int', 'How often a question is sent again; that of the section without it'),
    mode: known('string', 'read_only, read_write or write_only; the last one is not asked'),
    read_only: known('bool', 'True: the storage is not taught'),
    symbol: known('string', 'Symbol of hashes in lists that fuzzy_map does not name'),
    fuzzy_map: known('object', 'Symbols of lists: { FUZZY_DENIED { flag = 1; hits_limit = 20; } }'),
    skip_unknown: known('bool', 'Hashes in other lists do not count'),
    skip_hashes: known('map', 'Hashes that do not count'),
    hits_limit: known('double', 'Hits that make a sure one'),
    max_score: known('double', 'The same'),
    weight_threshold: known('double', 'Hits of a lower weight do not count'),
    prob_bias: known('double', 'Likeness that counts nothing; 0.5 without it'),
    prob_power: known('double', 'How steeply likeness counts; 1 without it'),
    algorithm: known('string', 'How words become shingles: siphash (old), xxhash, mumhash, fasthash (fast)'),
    fuzzy_key: known('string', 'Secret of hashes'),
    fuzzy_shingles_key: known('string', 'Secret of shingles'),
    no_share: known('bool', 'An encrypted storage is not told of the sender'),
    policy: known('string', 'Which usual values: recommended'),
    checks: known('object', 'What is hashed: text, html, image, archive, each with enabled and more'),
    min_bytes: known('int', 'Smaller parts have no hash'),
    min_length: known('int', 'Texts of fewer words have no shingles'),
    text_multiplier: known('double', 'Bytes of text count so much more'),
    text_hashes: known('bool', 'Texts have hashes'),
    text_shingles: known('bool', 'Texts have shingles'),
    short_text_direct_hash: known('bool', 'Shorter texts are looked for as they stand'),
    no_subject: known('bool', 'The subject is no part of such a text'),
    html_shingles: known('bool', 'HTML has hashes of how it is built'),
    min_html_tags: known('int', 'HTML of fewer tags has none'),
    html_weight: known('double', 'Times the weight of such a hash'),
    skip_images: known('bool', 'Images have no hash'),
    min_width: known('int', 'Narrower images have none'),
    min_height: known('int', 'Lower images have none'),
    scan_archives: known('bool', 'Archives have hashes'),
    mime_types: known('string list', 'Files of these types have hashes'),
    headers: known('string list', 'Nothing any more'),
    learn_condition: {
      kind: 'special',
      type: 'string',
      status: { later: 'hashes are only looked for' },
      help: 'Lua code that says whether a message may be taught',
    },
  },
} as const satisfies Table;

/** rspamd: src/plugins/fuzzy_check.c:fuzzy_check_module_config, conf/modules.d/fuzzy_check.conf */
export const fuzzyTable = {
  path: 'fuzzy_check',
  help: 'Storages of hashes of texts, images and files',
  lenient: true,
  options: {
    enabled,
    rule: { ...known('object', 'NAME { … } for each storage'), table: fuzzyRuleTable },
    symbol: known('string', 'Symbol of rules without one; R_FUZZY_HASH without it'),
    timeout: known('time', 'How long a reply may take; 1s without it'),
    retransmits: known('int', 'How often a question is sent again; 3 without it'),
    max_errors: known('int', 'So many failures in a row and a host is dead; 4 without it'),
    revive_time: known('time', 'How long a dead host is left alone; 1min without it'),
    whitelist: known('map', 'Addresses and networks of clients that are not looked at'),
    min_bytes: {
      kind: 'integer',
      default: 1000,
      status: { later: 'that of each rule counts' },
      help: 'Nothing; rules have it',
    },
  },
} as const satisfies Table;
