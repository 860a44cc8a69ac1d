import type { Table } from '../../option.ts';
import { enabled, onOff } from './shared.ts';

/** rspamd: src/plugins/lua/force_actions.lua */
export const forceActionRuleTable = {
  path: 'force_actions.rules',
  help: 'One rule: an action where an expression of symbols holds',
  lenient: true,
  options: {
    action: { kind: 'string', required: true, status: 'honoured', help: 'The action that the message gets' },
    expression: {
      kind: 'string',
      required: true,
      status: 'honoured',
      help: 'Expression of symbols; each counts with its score, without sign',
      example: 'expression = "IS_IN_BLOCKLIST & !WHITELIST_SPF";',
    },
    limit: { kind: 'double', default: 0, status: 'honoured', help: 'The value of the expression has to be above it' },
    message: {
      kind: 'string',
      status: 'honoured',
      help: 'Text for the client of the MTA; a selector in curly brackets behind a dollar sign stands for what it finds',
    },
    subject: {
      kind: 'string',
      status: 'honoured',
      help: 'Template of the subject for the action rewrite subject: %s stands for the old one, %d for the score',
    },
    require_action: {
      kind: 'texts',
      status: 'honoured',
      help: 'Actions; the rule holds only where all others led to one of them',
    },
    honor_action: { kind: 'texts', status: 'honoured', help: 'Actions that stay where all others led to them' },
    least: onOff(false, 'A more severe action that the score leads to stays'),
    process_all: onOff(false, 'All other rules run nevertheless'),
  },
} as const satisfies Table;

/** rspamd: src/plugins/lua/force_actions.lua */
export const forceActionsTable = {
  path: 'force_actions',
  help: 'Actions that expressions of symbols lead to, whatever the score',
  lenient: true,
  options: {
    enabled,
    rules: {
      kind: 'special',
      type: 'object',
      table: forceActionRuleTable,
      status: 'honoured',
      help: 'NAME { … } for each rule; its symbol is FORCE_ACTION_NAME',
    },
    actions: {
      kind: 'special',
      type: 'object',
      status: 'honoured',
      help: 'The older form, which counts before rules: ACTION = ["expression", ["expression", "message", "subject"]]',
    },
    messages: {
      kind: 'special',
      type: 'object',
      status: 'honoured',
      help: 'Texts of the older form by their expressions',
    },
  },
} as const satisfies Table;
