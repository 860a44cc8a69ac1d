import { fromText, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';

/** What is believed of a domain: `wl` that mail which proves to be its own is good, `bl` that other mail is bad. */
type Trust = 'wl' | 'bl' | 'both';

function listed(trust: Trust, domains: string): (readonly [string, Trust])[] {
  return domains.split(' ').map((domain) => [domain, trust] as const);
}

/** Large senders that sign all their mail. */
const signed: ReadonlyMap<string, Trust> = new Map(
  listed(
    'wl',
    'adobe.com airbnb.com alibaba.com aliexpress.com alipay.com amazon.com amazon.co.uk amazon.de amazon.fr americanexpress.com apple.com bankofamerica.com booking.com chase.com cisco.com citi.com dell.com dropbox.com ebay.com ebay.co.uk ebay.de etsy.com evernote.com expedia.com facebook.com fedex.com github.com godaddy.com icloud.com instagram.com intel.com letsencrypt.org linkedin.com microsoft.com netflix.com paypal.com paypal.co.uk paypal.de pinterest.com salesforce.com slack.com spotify.com steampowered.com twitter.com ups.com usps.com vimeo.com wellsfargo.com whatsapp.com wikipedia.org wordpress.com youtube.com zoom.us',
  ),
);

/** Large senders whose policy is to be trusted. */
const policed: ReadonlyMap<string, Trust> = new Map([
  ...listed(
    'wl',
    'airbnb.com alipay.com bankofamerica.com battle.net booking.com chase.com dhl.com docusign.net ebay.com ebay.de',
  ),
  ...listed('wl', 'facebook.com fedex.com instagram.com linkedin.com netflix.com pinterest.com reddit.com twitch.tv'),
  ...listed('wl', 'twitter.com uber.com ups.com usps.com visa.com whatsapp.com youtube.com'),
  ...listed(
    'both',
    'amazon.com amazon.co.uk americanexpress.com ebay.co.uk paypal.com paypal.co.uk paypal.de paypal.fr',
  ),
  ...listed('bl', 'aliexpress.com vk.com'),
]);

const group = 'whitelist';

/** What large senders prove, or fail to (rspamd: src/plugins/lua/whitelist.lua). */
export function whitelists({ knowledge }: RuleContext): readonly Rule[] {
  const registered = (domain: string): string => {
    const host = domain.toLowerCase();
    return toText(knowledge.suffixes.registered(fromText(host))) || host;
  };
  const isBelieved = (task: Task) => task.user === undefined && !task.isLocal;

  const bySignature: Rule = {
    name: 'WHITELIST_SPF_DKIM',
    stage: 'filter',
    after: ['SPF_CHECK', 'DKIM_CHECK'],
    symbols: { WHITELIST_SPF_DKIM: symbol(-3, group, 'A large sender, as SPF and DKIM prove') },
    run: (task) => {
      const trace = [...(task.results.get('DKIM_TRACE')?.options ?? [])];
      const passed = trace
        .filter((option) => option.endsWith(':+'))
        .map((option) => registered(option.slice(0, -2)))
        .filter((domain) => signed.has(domain));
      const from = registered(toText(task.visible.sender?.domain || (task.envelope.helo ?? '')));
      if (passed.length === 0 || !signed.has(from) || !task.results.has('R_SPF_ALLOW')) return;
      task.insert('WHITELIST_SPF_DKIM', 1, [...passed.map((domain) => `${domain}:d:+`), `${from}:s:+`]);
    },
  };

  const byPolicy: Rule = {
    name: 'WHITELIST_DMARC',
    stage: 'filter',
    after: ['DMARC_CHECK'],
    symbols: {
      WHITELIST_DMARC: symbol(-7, group, 'A large sender, as DMARC proves'),
      BLACKLIST_DMARC: symbol(6, group, 'It says that it comes from a large sender, which DMARC disproves'),
    },
    run: (task) => {
      const own = toText(task.visible.from[0]?.domain ?? '').toLowerCase();
      const domain = [registered(own), own].find((one) => policed.has(one));
      const trust = domain === undefined ? undefined : policed.get(domain);
      if (trust === undefined) return;
      if (task.results.has('DMARC_POLICY_ALLOW')) {
        if (trust !== 'bl') task.insert('WHITELIST_DMARC', 1, [`${domain}:D:+`]);
      } else if (trust !== 'wl' && isBelieved(task)) {
        task.insert('BLACKLIST_DMARC', 1, [`${domain}:D:-`]);
      }
    },
  };
  return [bySignature, byPolicy];
}
