import { createHash } from 'node:crypto';
import { moduleTables, readModule, type Settings } from '../../../config/index.ts';
import { encodeBase32 } from '../../../wire/crypt/index.ts';
import { areConfusable, hasInvisible } from '../../confusable.ts';
import { type ByteString, fromText, toText, type Url } from '../../message/index.ts';
import type { MapReader } from '../../native/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { single, symbol } from '../check.ts';
import { type Feed, lookUp, openFeed } from './feeds.ts';
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

type Options = Settings<typeof moduleTables.phishing>;

/** Section `phishing`. */
export function phishingRules(context: RuleContext): readonly Rule[] {
  const options = readModule(moduleTables.phishing, context.section('phishing'), context.findings);
  const maps = context.maps;
  const isExcluded = exclusionOf(options, maps, context);
  return [
    disguised(options, maps, context),
    known(options, maps, isExcluded, context),
    ...(options.phishtank_enabled ? [phishtank(options, isExcluded)] : []),
  ];
}

/** A map of the configuration with the symbol of what is in it. */
interface SymbolMap {
  readonly symbol: string;
  has(host: ByteString): boolean;
}

function symbolMaps(given: Options['exceptions'], maps: MapReader): readonly SymbolMap[] {
  return [...(given ?? [])].map(([name, value]) => {
    const find = maps.values(value);
    return { symbol: name, has: (host) => find(host) !== undefined };
  });
}

const usualExceptions: readonly SymbolMap[] = [
  { symbol: 'REDIRECTOR_FALSE', has: (host) => redirectors.has(toText(host)) },
];

/** The domain of a URL or its host, whichever is in a map. */
function listedName({ has }: SymbolMap, { tld, host }: Url): ByteString | undefined {
  return [tld, host].find(has);
}

/** Links that show another domain than they go to. */
function disguised(options: Options, maps: MapReader, { knowledge }: RuleContext): Rule {
  const exceptions = options.exceptions === undefined ? usualExceptions : symbolMaps(options.exceptions, maps);
  const shownExceptions = symbolMaps(options.phishing_exceptions, maps);
  const strict = symbolMaps(options.strict_domains, maps);
  const [domains] = options.domains === undefined ? [] : symbolMaps(new Map([['', options.domains]]), maps);
  const others = [...exceptions, ...shownExceptions, ...strict].map(
    (one) => [one.symbol, symbol(0, 'phishing', 'A link shows a domain, and one of the two is in a map')] as const,
  );

  const judge = (task: Task, url: Url, shown: Url): void => {
    const names = `${toText(shown.tld)}->${toText(url.tld)}`;
    const insertFirst = (list: readonly SymbolMap[], one: Url, weight: number): boolean => {
      for (const map of list) {
        const name = listedName(map, one);
        if (name === undefined) continue;
        task.insert(map.symbol, weight, [`${names}:${toText(name)}`]);
        return true;
      }
      return false;
    };
    if (url.tld !== shown.tld) insertFirst(strict, shown, 1);
    const weight = weightOf(url, shown);
    if (weight <= 0 || insertFirst(exceptions, url, weight) || insertFirst(shownExceptions, shown, 1)) return;
    if (domains === undefined || listedName(domains, shown) !== undefined) task.insert(options.symbol, weight, [names]);
  };
  return {
    name: 'PHISHING',
    stage: 'filter',
    after: ['DMARC_CHECK'],
    symbols: {
      ...Object.fromEntries(others),
      [options.symbol]: single(4, 'phishing', 'A link shows another domain than it goes to'),
    },
    run: (task) => {
      const [authentic] = task.results.get('DMARC_POLICY_ALLOW')?.options ?? [];
      const sender =
        authentic === undefined ? undefined : knowledge.suffixes.registered(fromText(authentic.toLowerCase()));
      for (const url of links(task)) {
        const shown = url.linked;
        if (!url.has('phished') || shown === undefined || url.tld === '' || shown.tld === '' || url.tld === sender)
          continue;
        judge(task, url, shown);
      }
    },
  };
}

/** Whether feeds are not asked for a host. */
function exclusionOf(
  { phishing_feed_exclusion_enabled: isOn, phishing_feed_exclusion_map: source }: Options,
  maps: MapReader,
  { knowledge }: RuleContext,
): (host: ByteString) => boolean {
  if (!isOn || source === undefined) return () => false;
  const feed = openFeed(source, 'lines', maps, knowledge.suffixes);
  return (host) => feed().has(host);
}

/** The public feed of openphish.com. */
const openphish = 'https://raw.githubusercontent.com/openphish/public_feed/refs/heads/main/feed.txt';

/** URLs of feeds. */
function known(
  options: Options,
  maps: MapReader,
  isExcluded: (host: ByteString) => boolean,
  { knowledge: { suffixes } }: RuleContext,
): Rule {
  const {
    generic_service_map: own,
    generic_service_symbol: ownSymbol,
    phishing_feed_exclusion_symbol: spared,
  } = options;
  const feeds: (readonly [symbol: string, feed: () => Feed])[] = [];
  if (options.generic_service_enabled && own !== undefined)
    feeds.push([ownSymbol, openFeed(own, 'lines', maps, suffixes)]);
  if (options.openphish_enabled) {
    const source = options.openphish_map ?? openphish;
    feeds.push(['PHISHED_OPENPHISH', openFeed(source, options.openphish_premium ? 'json' : 'lines', maps, suffixes)]);
  }
  return {
    name: 'PHISHING_FEEDS',
    stage: 'filter',
    symbols: {
      [ownSymbol]: symbol(0, 'phishing', `A URL is a known one of phishing (${options.generic_service_name})`),
      PHISHED_OPENPHISH: symbol(7, 'phishing', 'A URL is a known one of phishing (openphish.com)'),
      [spared]: symbol(0, 'phishing', 'A URL was not looked up in feeds, as the configuration has it'),
    },
    condition: () => feeds.length > 0,
    run: (task) => {
      for (const url of links(task)) {
        if (url.host === '') continue;
        for (const [name, feed] of feeds) {
          if (isExcluded(url.host)) {
            task.insert(spared, 1, [toText(url.host)]);
            continue;
          }
          const found = lookUp(feed(), url);
          if (found !== undefined) task.insert(name, found.weight, found.about);
        }
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
function phishtank(
  { phishtank_suffix: zone, phishing_feed_exclusion_symbol: spared }: Options,
  isExcluded: (host: ByteString) => boolean,
): Rule {
  return {
    name: 'PHISHTANK_CHECK',
    stage: 'filter',
    symbols: { PHISHED_PHISHTANK: symbol(7, 'phishing', 'A URL is a known one of phishing') },
    run: async (task) => {
      await Promise.all(
        links(task).map(async ({ host, parts: { path, query } }) => {
          if (host === '') return;
          if (isExcluded(host)) return task.insert(spared, 1, [toText(host)]);
          if (path === '') return;
          const ask = async (text: string, multiplier: number): Promise<void> => {
            const { records } = await task.dns.query(`${hashOf(text)}.${zone}`, 'TXT');
            if (records.length > 0) task.insert('PHISHED_PHISHTANK', multiplier, records.map(toText));
          };
          const waits = [ask(host + path, query === '' ? 1 : 0.3)];
          if (query !== '') waits.push(ask(host + path + query, 1));
          await Promise.all(waits);
        }),
      );
    },
  };
}

function hashOf(text: ByteString): string {
  return encodeBase32(createHash('blake2b512').update(text, 'latin1').digest()).slice(0, 32);
}
