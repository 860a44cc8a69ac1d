import { moduleTables, readModule, type Settings } from '../../../config/index.ts';
import { hasInvisible } from '../../confusable.ts';
import { fromText, isValidUtf8, toText, type Url, type UrlFlag } from '../../message/index.ts';
import type { MapReader } from '../../native/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { single, symbol } from '../check.ts';
import { obfuscated } from './obfuscated.ts';

type Options = Settings<typeof moduleTables.url_suspect>;

/** Section `url_suspect`. */
export function urlSuspectRules(context: RuleContext): readonly Rule[] {
  const options = readModule(moduleTables.url_suspect, context.section('url_suspect'), context.findings);
  const maps = context.maps;
  const { obfuscated_text: disguises } = options.checks;
  return [suspect(options, maps), ...(disguises.enabled ? [obfuscated(disguises, maps)] : [])];
}

/** rspamd: src/plugins/lua/url_suspect.lua */
function suspect(options: Options, maps: MapReader): Rule {
  const { checks, whitelist_map: whitelist } = options;
  const isListed = options.use_whitelist && whitelist !== undefined ? maps.names(whitelist) : () => false;
  const domains = checks.tld.suspicious_tlds_map;
  const isSuspicious = domains === undefined ? () => false : maps.names(domains);
  const { check_multiple_at: at, check_excessive_dots: dots, check_length: length } = checks.structure;
  const looksAtAll =
    checks.tld.enabled || checks.query_urls.enabled || (checks.structure.enabled && (at || dots || length));
  const isLookedAt = (url: Url): boolean =>
    !url.has('image') && (looksAtAll || options.process_flags.some((flag) => url.has(flag as UrlFlag)));
  return {
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
      URL_SUSPICIOUS_TLD: symbol(3, 'url', 'A URL leads into a top level domain with many abuses'),
      URL_BAD_UNICODE: symbol(3, 'url', 'A URL has bytes that are no text'),
      URL_HOMOGRAPH_ATTACK: symbol(5, 'url', 'The name in a URL has characters that show nothing'),
      URL_ZERO_WIDTH_SPACES: symbol(7, 'url', 'A URL has characters that show nothing'),
      URL_RTL_OVERRIDE: symbol(6, 'url', 'A URL is written backwards in part'),
      URL_BACKSLASH_PATH: single(2, 'url', 'A URL has backslashes'),
      URL_EXCESSIVE_DOTS: symbol(2, 'url', 'The name in a URL has many dots'),
      URL_VERY_LONG: symbol(1.5, 'url', 'A URL is very long'),
      URL_MULTIPLE_AT_SIGNS: single(3, 'url', 'A URL has many at signs'),
      URL_QUERY_MULTIPLE_URLS: single(2, 'url', 'A URL has several others in its query'),
    },
    run: (task) => {
      for (const url of [...task.message.urls].filter(isLookedAt).slice(0, options.max_urls)) {
        if (isListed(url.host)) continue;
        for (const [name, option] of faults(task, url, checks, isSuspicious)) task.insert(name, 1, [option]);
      }
    },
  };
}

type Checks = Options['checks'];
type Fault = readonly [symbol: string, option: string];

function* faults(
  task: Task,
  url: Url,
  { user_password: user, numeric_ip: numeric, tld, unicode, structure, query_urls: query }: Checks,
  isSuspicious: (name: string) => boolean,
): Iterable<Fault> {
  if (user.enabled) yield* faultsOfUser(url, user.length_thresholds);
  const host = toText(url.host);
  if (numeric.enabled && url.has('numeric') && host !== '') {
    if (numeric.allow_private_ranges && task.isLocalAddress(host)) yield ['URL_NUMERIC_PRIVATE_IP', host];
    else yield [url.has('has_user') ? 'URL_NUMERIC_IP_USER' : 'URL_NUMERIC_IP', host];
  }
  if (tld.enabled && host !== '') yield* faultsOfDomain(url, host, isSuspicious);
  if (unicode.enabled) yield* faultsOfCharacters(url, host, unicode);
  if (structure.enabled) yield* faultsOfStructure(url, host, structure);
  if (query.enabled && url.embedded > query.max_query_urls) yield ['URL_QUERY_MULTIPLE_URLS', String(url.embedded)];
}

function* faultsOfUser(url: Url, limits: Checks['user_password']['length_thresholds']): Iterable<Fault> {
  const { user } = url.parts;
  if (url.isMail || !url.has('has_user') || user === '') return;
  if (user.length > limits.very_long) yield ['URL_USER_VERY_LONG', String(user.length)];
  else if (user.length > limits.long) yield ['URL_USER_LONG', String(user.length)];
  else yield ['URL_USER_PASSWORD', toText(url.host)];
}

function* faultsOfDomain(url: Url, host: string, isSuspicious: (name: string) => boolean): Iterable<Fault> {
  if (url.has('no_tld')) {
    if (!url.has('numeric')) yield ['URL_NO_TLD', host];
    return;
  }
  const domain = toText(url.tld);
  const top = /^[^.]+\.(.+)$/s.exec(domain)?.[1] ?? domain;
  if (top !== '' && [`.${top}`, top].some((name) => isSuspicious(fromText(name)))) yield ['URL_SUSPICIOUS_TLD', top];
}

function* faultsOfCharacters(url: Url, host: string, checks: Checks['unicode']): Iterable<Fault> {
  const shown = host === '' ? 'unknown' : host;
  if (checks.check_zero_width && url.has('zw_spaces')) yield ['URL_ZERO_WIDTH_SPACES', 'zw'];
  if (checks.check_homographs && hasInvisible(host)) yield ['URL_HOMOGRAPH_ATTACK', host];
  if (checks.check_validity && !isValidUtf8(url.text)) yield ['URL_BAD_UNICODE', shown];
  if (checks.check_rtl_override && toText(url.text).includes('\u202e')) yield ['URL_RTL_OVERRIDE', shown];
}

function* faultsOfStructure(url: Url, host: string, checks: Checks['structure']): Iterable<Fault> {
  const dots = host.split('.').length - 1;
  if (checks.check_excessive_dots && dots > checks.max_host_dots) yield ['URL_EXCESSIVE_DOTS', String(dots)];
  if (checks.check_backslash && url.has('obscured') && url.text.includes('\\')) yield ['URL_BACKSLASH_PATH', host];
  const { length } = url.text;
  if (checks.check_length && length > checks.max_url_length) yield ['URL_VERY_LONG', String(length)];
  const signs = url.text.split('@').length - 1;
  if (checks.check_multiple_at && signs > checks.max_at_signs) yield ['URL_MULTIPLE_AT_SIGNS', String(signs)];
}
