import type { Trust } from './whitelist-rule.ts';

function listed(trust: Trust, domains: string): (readonly [string, Trust])[] {
  return domains.split(' ').map((domain) => [domain, trust] as const);
}

/** Large senders that sign all their mail. */
export const signed: ReadonlyMap<string, Trust> = new Map(
  listed(
    'wl',
    'adobe.com airbnb.com alibaba.com aliexpress.com alipay.com amazon.com amazon.co.uk amazon.de amazon.fr americanexpress.com apple.com bankofamerica.com booking.com chase.com cisco.com citi.com dell.com dropbox.com ebay.com ebay.co.uk ebay.de etsy.com evernote.com expedia.com facebook.com fedex.com github.com godaddy.com icloud.com instagram.com intel.com letsencrypt.org linkedin.com microsoft.com netflix.com paypal.com paypal.co.uk paypal.de pinterest.com salesforce.com slack.com spotify.com steampowered.com twitter.com ups.com usps.com vimeo.com wellsfargo.com whatsapp.com wikipedia.org wordpress.com youtube.com zoom.us',
  ),
);

/** Large senders whose policy is to be trusted. */
export const policed: ReadonlyMap<string, Trust> = new Map([
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
