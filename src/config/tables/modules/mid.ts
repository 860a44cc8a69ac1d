import type { Table } from '../../option.ts';
import { enabled, map, symbol } from './shared.ts';

const other = (name: string, help: string) => ({ kind: 'string', default: name, status: 'honoured', help }) as const;

/** rspamd: src/plugins/lua/mid.lua */
export const midTable = {
  path: 'mid',
  help: 'Senders whose Message-IDs are known not to be as they should be',
  lenient: true,
  options: {
    enabled,
    source: {
      ...map('Lines of a signing domain and a regular expression of its Message-IDs, or none where it makes none'),
      defaultText: 'a short list',
    },
    symbol_known_mid: symbol('KNOWN_MID', 'the Message-ID is as this sender makes it'),
    symbol_known_no_mid: symbol('KNOWN_NO_MID', 'this sender makes no Message-ID'),
    symbol_invalid_msgid: other('INVALID_MSGID', 'Symbol that symbol_known_mid takes back'),
    symbol_missing_mid: other('MISSING_MID', 'Symbol that symbol_known_no_mid takes back'),
    symbol_dkim_allow: other('R_DKIM_ALLOW', 'Symbol whose options are the signing domains'),
    csymbol_invalid_msgid_allowed: other('INVALID_MSGID_ALLOWED', 'Composite that takes symbol_invalid_msgid back'),
    csymbol_missing_mid_allowed: other('MISSING_MID_ALLOWED', 'Composite that takes symbol_missing_mid back'),
  },
} as const satisfies Table;
