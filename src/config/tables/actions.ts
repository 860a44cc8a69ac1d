import type { Table } from '../option.ts';

/** Everything in `actions` that is no action (rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_actions_handler). */
export const actionsTable = {
  path: 'actions',
  help:
    'Scores from which a message is treated in a certain way: NAME = SCORE; or NAME = null; to switch one off, or ' +
    'NAME { score = SCORE; flags = [..]; milter = "discard"; }. Any other name makes an action of its own',
  options: {
    subject: {
      kind: 'string',
      since: '0.6.0',
      status: 'honoured',
      help: 'New subject for the action rewrite subject: %s stands for the old one, %d for the score',
    },
    unknown_weight: {
      kind: 'double',
      since: '0.7.0',
      status: 'honoured',
      help: 'Score of symbols that the configuration does not know',
    },
    grow_factor: {
      kind: 'double',
      since: '0.6.0',
      status: 'honoured',
      help: 'Factor by which further positive symbols raise the score',
    },
  },
} as const satisfies Table;
