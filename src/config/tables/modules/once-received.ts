import type { Table } from '../../option.ts';
import { clients, enabled, map, symbol } from './shared.ts';

/** rspamd: src/plugins/lua/once_received.lua, conf/modules.d/once_received.conf */
export const onceReceivedTable = {
  path: 'once_received',
  help: 'Messages that come straight from where they were written',
  lenient: true,
  options: {
    enabled,
    ...clients,
    good_host: {
      kind: 'texts',
      default: ['mail'],
      defaultText: 'mail',
      status: 'honoured',
      help: 'Patterns of Lua; a client whose name has one of them in it is no machine at home',
    },
    bad_host: {
      kind: 'texts',
      default: ['static', 'dynamic'],
      defaultText: 'static, dynamic',
      status: 'honoured',
      help: 'Patterns of Lua; a client whose name has one of them in it is a machine at home',
    },
    whitelist: map('Addresses and networks of clients that are not looked at'),
    symbol: symbol('ONCE_RECEIVED', 'no server stood between the sender and the client'),
    symbol_strict: symbol('ONCE_RECEIVED_STRICT', 'none stood between, and the client is in bad_host'),
    symbol_mx: symbol('DIRECT_TO_MX', 'the program that wrote the message delivered it too'),
    symbol_rdns: symbol('RDNS_NONE', 'DNS has no name for the client'),
    symbol_rdns_dnsfail: symbol('RDNS_DNSFAIL', 'nobody could tell the name of the client'),
  },
} as const satisfies Table;
