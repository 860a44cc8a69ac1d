import type { Table } from '../../option.ts';
import { enabled, symbol } from './shared.ts';

/** rspamd: src/plugins/lua/forged_recipients.lua */
export const forgedRecipientsTable = {
  path: 'forged_recipients',
  help: 'Compares senders and recipients of the envelope with those of the header',
  lenient: true,
  options: {
    enabled,
    symbol_rcpt: symbol('FORGED_RECIPIENTS', 'recipients of header and envelope are others'),
    symbol_sender: symbol('FORGED_SENDER', 'senders of header and envelope are others'),
  },
} as const satisfies Table;
