import type { Table } from '../../option.ts';
import { enabled, map, onOff, symbol } from './shared.ts';

const maps = (help: string) => ({ kind: 'maps', status: 'honoured', help: `SYMBOL = map of ${help}` }) as const;

/** rspamd: src/plugins/lua/phishing.lua, conf/modules.d/phishing.conf */
export const phishingTable = {
  path: 'phishing',
  help: 'Links that show another domain than they go to, and URLs that are known to be of phishing',
  lenient: true,
  options: {
    enabled,
    symbol: symbol('PHISHING', 'a link shows another domain than it goes to'),
    domains: map('Domains; a link counts only where it shows one of them'),
    exceptions: {
      ...maps('domains and hosts that a link may go to, whatever it shows'),
      defaultText: 'REDIRECTOR_FALSE with services that shorten URLs and the like',
    },
    phishing_exceptions: maps('domains and hosts that a link may show, wherever it goes to'),
    strict_domains: maps('domains and hosts that a link may not show unless it goes there'),
    openphish_enabled: onOff(false, 'Look URLs up in the feed of openphish.com'),
    openphish_premium: onOff(false, 'The feed has an object of JSON in each line'),
    openphish_map: {
      ...map('The feed of openphish.com: a URL in each line'),
      aliases: ['openphish_url'],
      aliasesFirst: true,
      defaultText: 'https://raw.githubusercontent.com/openphish/public_feed/refs/heads/main/feed.txt',
    },
    generic_service_enabled: onOff(false, 'Look URLs up in a feed of your own'),
    generic_service_map: {
      ...map('A feed of your own: a URL in each line'),
      aliases: ['generic_service_url'],
      aliasesFirst: true,
    },
    generic_service_name: {
      kind: 'string',
      default: 'generic service',
      status: 'honoured',
      help: 'What the description of the symbol calls the feed',
    },
    generic_service_symbol: symbol('PHISHED_GENERIC_SERVICE', 'a URL of the feed'),
    phishtank_enabled: onOff(true, 'Ask phishtank.rspamd.com by DNS'),
    phishtank_suffix: {
      kind: 'string',
      default: 'phishtank.rspamd.com',
      status: 'honoured',
      help: 'The zone that is asked',
    },
    phishing_feed_exclusion_enabled: onOff(false, 'Do not look hosts up that are in phishing_feed_exclusion_map'),
    phishing_feed_exclusion_map: map('URLs, one in each line, whose hosts are not looked up in any feed'),
    phishing_feed_exclusion_symbol: symbol('PHISHED_EXCLUDED', 'a URL that was not looked up for that'),
  },
} as const satisfies Table;
