import { toText, type Url } from '../../message/index.ts';
import type { Rule, SymbolSpec } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';

const looked = new Set(['http', 'https', 'ftp', 'file']);

/** Web addresses: neither addresses of mail nor sources of images. */
export function links({ message }: Task): Url[] {
  return [...message.urls].filter((url) => looked.has(url.protocol) && !url.has('image'));
}

/** Everything but addresses of mail and sources of images, as patterns on URLs see it. */
function urlTexts({ message }: Task): string[] {
  return [...message.urls].filter((url) => !url.isMail && !url.has('image')).map(({ text }) => text);
}

function pattern(name: string, spec: SymbolSpec, ...patterns: readonly RegExp[]): Rule {
  return check(name, spec, (task) => {
    const texts = urlTexts(task);
    return patterns.every((one) => texts.some((text) => one.test(text)));
  });
}

const oddCount: Rule = {
  name: 'URI_COUNT_ODD',
  stage: 'filter',
  symbols: { URI_COUNT_ODD: symbol(1, 'url', 'Of two forms of the text only one has a URL') },
  run: (task) => {
    if (!/^multipart\/alternative/i.test(task.message.header('Content-Type') ?? '')) return;
    const count = [...task.message.urls]
      .filter((url) => looked.has(url.protocol))
      .filter((url) => !url.has('subject') && !url.has('html_displayed') && !url.has('special'))
      .reduce((sum, url) => sum + url.count, 0);
    if (count % 2 === 1) task.insert('URI_COUNT_ODD', 1, [String(count)]);
  },
};

const hiddenPath: Rule = {
  name: 'URI_HIDDEN_PATH',
  stage: 'filter',
  symbols: { URI_HIDDEN_PATH: symbol(1, 'compromised_hosts', 'A URL leads to a hidden file') },
  run: (task) => {
    for (const url of links(task)) {
      if (url.has('subject') && url.has('html_displayed')) continue;
      const hidden = /(?:^|\/)\.(?:[A-Za-z0-9]|\.\/)/.exec(url.parts.path.replace(/\/\.well[-_]known\//gi, '/'));
      if (hidden === null || (hidden[0] === '../' && hidden.index === 0)) continue;
      task.insert('URI_HIDDEN_PATH', 1, [toText(url.text)]);
      return;
    }
  },
};

/** A user name in a URL that is longer than that is there to hide something. */
const longUser = 128;
const veryLongUser = 256;
const longUrl = 2048;
const manyDots = 6;

export const suspect: Rule = {
  name: 'URL_SUSPECT_CHECK',
  stage: 'filter',
  symbols: {
    URL_USER_PASSWORD: symbol(2, 'url', 'A URL has a user name'),
    URL_USER_LONG: symbol(3, 'url', 'A URL has a long user name'),
    URL_USER_VERY_LONG: symbol(5, 'url', 'A URL has a very long user name'),
    URL_NUMERIC_IP: symbol(1.5, 'url', 'A URL leads to a bare address'),
    URL_NUMERIC_IP_USER: symbol(4, 'url', 'A URL leads to a bare address, with a user name before it'),
    URL_NUMERIC_PRIVATE_IP: symbol(0.5, 'url', 'A URL leads to an address that nobody has on the Internet'),
    URL_NO_TLD: symbol(2, 'url', 'A URL leads to a name that cannot exist'),
    URL_ZERO_WIDTH_SPACES: symbol(7, 'url', 'A URL has characters that show nothing'),
    URL_RTL_OVERRIDE: symbol(6, 'url', 'A URL is written backwards in part'),
    URL_BACKSLASH_PATH: single(2, 'url', 'A URL has backslashes'),
    URL_EXCESSIVE_DOTS: symbol(2, 'url', 'The name in a URL has many dots'),
    URL_VERY_LONG: symbol(1.5, 'url', 'A URL is very long'),
    URL_MULTIPLE_AT_SIGNS: single(3, 'url', 'A URL has many at signs'),
    URL_QUERY_MULTIPLE_URLS: single(2, 'url', 'A URL has several others in its query'),
  },
  run: (task) => {
    for (const url of task.message.urls)
      if (!url.has('image')) for (const [name, option] of faults(task, url)) task.insert(name, 1, [option]);
  },
};

function* faults(task: Task, url: Url): Iterable<readonly [symbol: string, option: string]> {
  const host = toText(url.host);
  const { user } = url.parts;
  if (!url.isMail && url.has('has_user') && user !== '') {
    if (user.length > veryLongUser) yield ['URL_USER_VERY_LONG', String(user.length)];
    else if (user.length > longUser) yield ['URL_USER_LONG', String(user.length)];
    else yield ['URL_USER_PASSWORD', host];
  }
  if (url.has('numeric') && host !== '') {
    if (task.isLocalAddress(host)) yield ['URL_NUMERIC_PRIVATE_IP', host];
    else yield [url.has('has_user') ? 'URL_NUMERIC_IP_USER' : 'URL_NUMERIC_IP', host];
  }
  if (url.has('no_tld') && !url.has('numeric') && host !== '') yield ['URL_NO_TLD', host];
  if (url.has('zw_spaces')) yield ['URL_ZERO_WIDTH_SPACES', 'zw'];
  if (toText(url.text).includes('\u202e')) yield ['URL_RTL_OVERRIDE', host === '' ? 'unknown' : host];
  const dots = host.split('.').length - 1;
  if (dots > manyDots) yield ['URL_EXCESSIVE_DOTS', String(dots)];
  if (url.has('obscured') && url.text.includes('\\')) yield ['URL_BACKSLASH_PATH', host];
  if (url.text.length > longUrl) yield ['URL_VERY_LONG', String(url.text.length)];
  const signs = url.text.split('@').length - 1;
  if (signs > 2) yield ['URL_MULTIPLE_AT_SIGNS', String(signs)];
  if (url.embedded > 1) yield ['URL_QUERY_MULTIPLE_URLS', String(url.embedded)];
}

/** What URLs look like. */
export const linkRules: readonly Rule[] = [
  oddCount,
  hiddenPath,
  pattern(
    'HAS_GUC_PROXY_URI',
    single(1, 'url', 'A URL goes through a proxy of Google'),
    /[./]googleusercontent\.com\/proxy/i,
  ),
  pattern(
    'HAS_GOOGLE_REDIR',
    single(1, 'url', 'A URL is a redirection of Google'),
    /[./]google\.(?:[a-z]{2,3}(?:\.[a-z]{2,3})?|info|jobs)\/(?:amp\/s\/|url\?)/i,
  ),
  pattern(
    'HAS_GOOGLE_FIREBASE_URL',
    single(2, 'url', 'A URL leads to files of an app of Google'),
    /[./]firebasestorage\.googleapis\.com\//i,
  ),
  pattern('HAS_FILE_URL', single(2, 'url', 'A URL leads to a file of the reader'), /^file:\/\//i),
  pattern('HAS_ONION_URI', single(0, 'url', 'A URL leads into Tor'), /(?:[a-z0-9]{16}|[a-z0-9]{56})\.onion?/i),
  pattern(
    'HAS_IPFS_GATEWAY_URL',
    single(6, 'url', 'A URL leads into IPFS'),
    /qm[a-z0-9]{44}|[079fvtbchkzmup][a-z0-9]{44,128}/i,
    /ipfs[._/?-]/i,
  ),
  pattern('HAS_WP_URI', single(0, 'compromised_hosts', 'A URL leads into WordPress'), /\/wp-[^/]+\//i),
  pattern(
    'WP_COMPROMISED',
    single(0, 'compromised_hosts', 'A URL leads into a place in WordPress where nothing should be'),
    /\/wp-(?:content|includes)[^/]+\//i,
  ),
];
