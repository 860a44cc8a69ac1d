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
