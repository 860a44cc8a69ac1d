import type { Table } from '../../option.ts';
import { clients, enabled, map, onOff, redisServers, symbol } from './shared.ts';

const { timeout: _, ...servers } = redisServers('honoured');

const bits = (usual: number, help: string) =>
  ({ kind: 'integer', default: usual, min: 0, status: 'honoured', help }) as const;

/** rspamd: src/plugins/lua/greylist.lua */
export const greylistTable = {
  path: 'greylist',
  help: 'Delays messages of unknown senders whose score is that of the action greylist or above; it needs Redis',
  lenient: true,
  options: {
    enabled,
    ...clients,
    ...servers,
    timeout: { kind: 'time', default: 300_000, min: 0, status: 'honoured', help: 'How long a message is delayed' },
    expire: { kind: 'time', default: 86_400_000, min: 1, status: 'honoured', help: 'How long a sender is remembered' },
    redis_timeout: { kind: 'time', min: 0, defaultText: '1s', status: 'honoured', help: 'Time that Redis may take' },
    key_prefix: { kind: 'string', default: 'rg', status: 'honoured', help: 'What keys in Redis begin with' },
    max_data_len: {
      kind: 'integer',
      default: 10_240,
      min: 0,
      status: 'honoured',
      help: 'Bytes of the body that tell a message from others',
    },
    message: {
      kind: 'string',
      default: 'Try again later',
      status: 'honoured',
      help: 'Text for the client of the MTA',
    },
    report_time: onOff(false, 'The text tells until when'),
    message_func: {
      kind: 'special',
      type: 'string',
      status: { later: 'a text that a function of Lua makes' },
      help: 'Function in Lua that makes the text',
    },
    symbol: symbol('GREYLIST', 'the message is delayed, or is known'),
    action: {
      kind: 'string',
      default: 'soft reject',
      status: 'honoured',
      help: 'The action that a delayed message gets; for Exim it is greylist',
    },
    ipv4_mask: bits(19, 'Bits of an IPv4 address that tell a client from others'),
    ipv6_mask: bits(64, 'Bits of an IPv6 address that tell a client from others'),
    greylist_min_score: {
      kind: 'double',
      defaultText: 'the threshold of greylist',
      status: 'honoured',
      help: 'Score from which messages are delayed',
    },
    whitelist_symbols: {
      kind: 'texts',
      default: [],
      status: 'honoured',
      help: 'Symbols of messages that are not delayed',
    },
    whitelisted_ip: map('Addresses and networks of clients whose messages are not delayed'),
    whitelist_domains_url: map('Hosts and domains of clients whose messages are not delayed'),
  },
} as const satisfies Table;
