import type { Table } from '../../option.ts';
import { clients, enabled, map, onOff } from './shared.ts';

const proof = (name: string, help: string) =>
  ({ kind: 'string', default: name, status: 'honoured', help: `Symbol of ${help}` }) as const;

/** rspamd: src/plugins/lua/whitelist.lua */
export const whitelistRuleTable = {
  path: 'whitelist.rules',
  help: 'Domains of which it is known what they prove, by the symbol of those that prove it',
  lenient: true,
  options: {
    domains: {
      ...map(
        'Domains: alone, or with a weight, or with wl, bl or both before it (bl:2.0). wl is for mail that proves to be ' +
          'theirs, bl for mail that does not',
      ),
      required: true,
    },
    valid_spf: onOff(false, 'The domain of the envelope counts, with SPF'),
    valid_dkim: onOff(false, 'Domains of signatures count'),
    valid_dmarc: onOff(false, 'The domain of From counts, with DMARC'),
    blacklist: onOff(false, 'Domains without a word before their weight are bl'),
    strict: onOff(false, 'All domains of a map are both'),
    score: { kind: 'double', status: 'honoured', help: 'Score of the symbol; that of inverse_symbol is its opposite' },
    inverse_symbol: {
      kind: 'string',
      status: 'honoured',
      help: 'Symbol of mail that does not prove to be theirs; without it the symbol of the rule gets a weight below 0',
    },
    inverse_multiplier: { kind: 'double', status: 'honoured', help: 'What the weight of such mail is multiplied by' },
    group: { kind: 'string', default: 'whitelist', status: 'honoured', help: 'Group of the symbols' },
    groups: { kind: 'texts', status: 'honoured', help: 'Further groups' },
    description: { kind: 'string', status: 'honoured', help: 'Description of the symbols' },
    one_shot: onOff(false, 'The symbols count once'),
  },
} as const satisfies Table;

/** rspamd: src/plugins/lua/whitelist.lua */
export const whitelistTable = {
  path: 'whitelist',
  help: 'Domains of which it is known what they prove',
  lenient: true,
  options: {
    enabled,
    ...clients,
    spf_allow_symbol: proof('R_SPF_ALLOW', 'an address that may send for the domain'),
    dkim_allow_symbol: proof('R_DKIM_ALLOW', 'a signature that holds'),
    dmarc_allow_symbol: proof('DMARC_POLICY_ALLOW', 'a From that DMARC proves'),
    rules: {
      kind: 'special',
      type: 'object',
      table: whitelistRuleTable,
      status: 'honoured',
      defaultText: 'two, of large senders',
      help: 'SYMBOL { … } for each list; those of the configuration take the place of those that are built in',
    },
  },
} as const satisfies Table;
