import type { Table } from '../../option.ts';
import { clients, enabled, onOff } from './shared.ts';

/** rspamd: src/plugins/lua/hfilter.lua, conf/modules.d/hfilter.conf */
export const hfilterTable = {
  path: 'hfilter',
  help: 'Names of the client and of the domain of the sender',
  lenient: true,
  options: {
    enabled,
    ...clients,
    helo_enabled: onOff(true, 'Look at HELO: whether it is the name of a machine at home, and whether it can get mail'),
    hostname_enabled: onOff(true, 'Look at the name that DNS has for the client'),
    from_enabled: onOff(true, 'Look at the domain of the envelope: whether it can get mail'),
    rcpt_enabled: onOff(true, 'Look at the number of recipients of a bounce'),
    mid_enabled: onOff(false, 'Look at the right side of Message-ID: whether it can get mail'),
    url_enabled: onOff(true, 'Look for texts that are nothing but a URL'),
  },
} as const satisfies Table;
