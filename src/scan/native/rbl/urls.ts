import type { Url } from '../../message/index.ts';
import type { ListChecks } from './list.ts';

interface Wanted {
  readonly checks: ListChecks;
  readonly noIp: boolean;
  readonly limit: number;
}

const protocols: ReadonlySet<string> = new Set(['http', 'https', 'ftp', 'file']);
/** Of more URLs the rest is not looked at (rspamd: lualib/lua_util.lua:filter_specific_urls). */
const maxUrls = 50_000;

/** URLs of a message for a list, one for each registered domain; what looks worst first, where there is not room for all. */
export function specificUrls(urls: Iterable<Url>, wanted: Wanted): readonly Url[] {
  const byDomain = new Map<string, { readonly url: Url; readonly priority: number }>();
  let count = 0;
  for (const url of urls) {
    if (!protocols.has(url.protocol) || !fits(url, wanted)) continue;
    if (++count > maxUrls) break;
    const real = url.has('redirected') && url.linked !== undefined ? url.linked : url;
    if (real.tld !== '' && !byDomain.has(real.tld))
      byDomain.set(real.tld, { url: real, priority: priorityOf(real, real !== url) });
  }
  return [...byDomain.values()]
    .sort((a, b) => b.priority - a.priority)
    .slice(0, wanted.limit)
    .map(({ url }) => url);
}

function fits(url: Url, { checks, noIp }: Wanted): boolean {
  if (noIp && url.has('numeric')) return false;
  if (url.has('image') && !checks.images) return false;
  if (checks.numericUrls) return url.has('numeric') && (checks.contentUrls || !url.has('content'));
  if (checks.urls) return checks.contentUrls || !url.has('content');
  return (!checks.contentUrls || url.has('content')) && (!checks.images || url.has('image'));
}

function priorityOf(url: Url, isTarget: boolean): number {
  if (url.has('html_displayed')) return 0;
  if (url.has('obscured')) return 3;
  if (url.has('has_user') || url.has('has_port') || url.has('subject') || url.has('phished')) return 2;
  if (url.has('image')) return 0;
  return isTarget ? 2 : 1;
}
