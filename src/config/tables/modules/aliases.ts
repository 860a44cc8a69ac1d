import type { Table } from '../../option.ts';
import { enabled, onOff, symbol } from './shared.ts';

const score = () =>
  ({ kind: 'double', default: 0, status: 'honoured', help: 'Score of the symbol where no group has one' }) as const;

const source = (help: string) =>
  ({
    kind: 'map',
    status: 'honoured',
    help: `${help}: a path, or { type = "file"; path = "…"; } or { type = "map"; url = "…"; }`,
  }) as const;

/** rspamd: src/plugins/lua/aliases.lua, lualib/lua_aliases.lua */
export const aliasesTable = {
  path: 'aliases',
  help: 'Brings addresses into their usual form, and tells in which direction a message goes',
  lenient: true,
  options: {
    enabled,
    system_aliases: source('Aliases of users as in /etc/aliases'),
    virtual_aliases: source('Lines of an address and the one that it stands for, as Postfix has them'),
    rspamd_aliases: {
      kind: 'lists',
      status: 'honoured',
      help: 'ADDRESS = the address that it stands for, or an array of them',
    },
    local_domains: source('Domains whose mail is delivered here: an array'),
    max_recursion_depth: {
      kind: 'integer',
      default: 10,
      min: 1,
      status: 'honoured',
      help: 'Aliases of aliases that are followed',
    },
    expand_multiple: {
      kind: 'flag',
      default: true,
      status: 'honoured',
      help: 'Accepted; of several addresses of an alias the first one counts, as in Rspamd',
    },
    track_chain: {
      kind: 'flag',
      default: false,
      status: 'honoured',
      help: 'Accepted; Rspamd keeps the chain for its debug log only',
    },
    apply_to_mime: onOff(true, 'Addresses of the header are changed'),
    apply_to_smtp: onOff(true, 'Addresses of the envelope are changed'),
    enable_gmail_rules: onOff(
      true,
      'Dots and tags of users are taken away; only where enable_plus_aliases is off too it is not done',
    ),
    enable_plus_aliases: onOff(
      true,
      'Tags of users are taken away; only where enable_gmail_rules is off too it is not done',
    ),
    symbol_local_inbound: symbol('LOCAL_INBOUND', 'it comes from outside, for a domain of ours'),
    symbol_local_outbound: symbol(
      'LOCAL_OUTBOUND',
      'one of our own users or machines sends it, or it comes from a domain of ours',
    ),
    symbol_internal_mail: symbol('INTERNAL_MAIL', 'it comes from a domain of ours and is for one'),
    symbol_alias_resolved: symbol('ALIAS_RESOLVED', 'an address was brought into its usual form'),
    symbol_tagged_from: symbol('TAGGED_FROM', 'the sender has a tag'),
    symbol_tagged_rcpt: symbol('TAGGED_RCPT', 'a recipient has a tag'),
    score_local_inbound: score(),
    score_local_outbound: score(),
    score_internal_mail: score(),
    score_alias_resolved: score(),
    score_tagged_from: score(),
    score_tagged_rcpt: score(),
  },
} as const satisfies Table;
