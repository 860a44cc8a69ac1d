import { createHash } from 'node:crypto';
import { encodeBase32 } from '../../../wire/crypt/index.ts';
import { areConfusable, hasInvisible } from '../../confusable.ts';
import { type ByteString, fromText, toText, type Url } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import { single, symbol } from '../check.ts';
import { links } from './links.ts';

/** Services that lead to any place: a link to them says nothing of who wrote it. */
const redirectors = new Set([
  'bit.ly',
  'buff.ly',
  'cutt.ly',
  'goo.gl',
  'is.gd',
  'list-manage.com',
  'lnkd.in',
  'mandrillapp.com',
  'mailchimp.com',
  'ow.ly',
  'proofpoint.com',
  'rebrand.ly',
  'safelinks.protection.outlook.com',
  'sendgrid.net',
  't.co',
  'tiny.cc',
  'tinyurl.com',
  'urldefense.com',
  'urldefense.proofpoint.com',
]);

/** Cost of an edit, where to put a character in the place of another one is two. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      next.push(Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + (same ? 0 : 2)));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** How much two domains that a link shows and goes to are unlike, from 0 to 1; rspamd: src/plugins/lua/phishing.lua */
function weightOf(url: Url, shown: Url): number {
  const [to, from] = [toText(url.tld), toText(shown.tld)];
  if (areConfusable(to, from)) return 1;
  const whole = [url, shown].some((one) => one.has('numeric') || one.has('no_tld'));
  const label = (host: string) => (whole || !host.includes('.') ? host : (host.split('.')[0] as string));
  const [a, b] = [label(to), label(from)].map(fromText) as [string, string];
  const distance = a === b ? 0 : (2 * editDistance(a, b)) / (a.length + b.length);
  if (distance === 0) return 0;
  if (distance <= 0.3) return 1;
  if (distance <= 1) return Math.tanh(3 * (1.1 - distance));
  const isAscii = (host: string) => /^[\x01-\x7f]*$/.test(host);
  return isAscii(to) === isAscii(from) ? 0.5 : 1;
}

/** Links that show another domain than they go to. */
export function phishing({ knowledge }: RuleContext): Rule {
  return {
    name: 'PHISHING',
    stage: 'filter',
    after: ['DMARC_CHECK'],
    symbols: {
      PHISHING: single(4, 'phishing', 'A link shows another domain than it goes to'),
      REDIRECTOR_FALSE: symbol(0, 'phishing', 'A link shows a domain and goes to a service for redirections'),
    },
    run: (task) => {
      const [authentic] = task.results.get('DMARC_POLICY_ALLOW')?.options ?? [];
      const sender =
        authentic === undefined ? undefined : knowledge.suffixes.registered(fromText(authentic.toLowerCase()));
      for (const url of links(task)) {
        const shown = url.linked;
        if (!url.has('phished') || shown === undefined || url.tld === '' || shown.tld === '' || url.tld === sender)
          continue;
        const weight = weightOf(url, shown);
        if (weight <= 0) continue;
        const option = `${toText(shown.tld)}->${toText(url.tld)}`;
        const service = [url.tld, url.host].map(toText).find((host) => redirectors.has(host));
        if (service === undefined) task.insert('PHISHING', weight, [option]);
        else task.insert('REDIRECTOR_FALSE', weight, [`${option}:${service}`]);
      }
    },
  };
}

/** Names that look like others. */
export const lookalikes: Rule = {
  name: 'OMOGRAPH_URL',
  stage: 'filter',
  symbols: { OMOGRAPH_URL: symbol(5, 'url', 'A URL has a name that looks like another one') },
  run: (task) => {
    const pairs = new Set<string>();
    const alone = new Set<string>();
    for (const url of links(task)) {
      const [host, shown] = [toText(url.host), toText(url.linked?.host ?? '')];
      if (url.has('phished') && shown !== '' && areConfusable(host, shown)) pairs.add(`${host}->${shown}`);
      const domain = toText(url.tld);
      if (!url.has('html_displayed') && domain !== '' && hasInvisible(domain)) alone.add(domain);
    }
    const all = [...pairs, ...alone];
    if (all.length > 0) task.insert('OMOGRAPH_URL', pairs.size > 0 ? 1 : 0.5, all);
  },
};

/** A list of known phishing by hash of the URL (https://phishtank.org, served by rspamd.com). */
export const phishtank: Rule = {
  name: 'PHISHTANK_CHECK',
  stage: 'filter',
  symbols: { PHISHED_PHISHTANK: symbol(7, 'phishing', 'A URL is a known one of phishing') },
  run: async (task) => {
    await Promise.all(
      links(task).map(async ({ host, parts: { path, query } }) => {
        if (host === '' || path === '') return;
        const ask = async (text: string, multiplier: number): Promise<void> => {
          const { records } = await task.dns.query(`${hashOf(text)}.phishtank.rspamd.com`, 'TXT');
          if (records.length > 0) task.insert('PHISHED_PHISHTANK', multiplier, records.map(toText));
        };
        const waits = [ask(host + path, query === '' ? 1 : 0.3)];
        if (query !== '') waits.push(ask(host + path + query, 1));
        await Promise.all(waits);
      }),
    );
  },
};

function hashOf(text: ByteString): string {
  return encodeBase32(createHash('blake2b512').update(text, 'latin1').digest()).slice(0, 32);
}
