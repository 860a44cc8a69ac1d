import type { ByteString } from '../bytes.ts';
import { decodePercent } from '../percent.ts';
import { findUrls, type UrlSink } from './find.ts';
import type { PublicSuffixes } from './suffixes.ts';
import type { Url } from './url.ts';

/** How deep URLs in queries of URLs in queries are followed (rspamd: url.h, RSPAMD_URL_QUERY_MAX_NESTING). */
export const maxQueryNesting = 5;

/**
 * URLs in the query of a URL and in theirs (rspamd: src/libserver/url.c:rspamd_url_find_in_query). Counts them in
 * `embedded` of the URL they stand in.
 */
export function findInQuery(url: Url, suffixes: PublicSuffixes, sink: (url: Url) => boolean, depth = 0): void {
  let count = 0;
  findInValues(url, suffixes, (found) => {
    count++;
    const goesOn = sink(found);
    if (goesOn && depth + 1 < maxQueryNesting && found.parts.query !== '')
      findInQuery(found, suffixes, sink, depth + 1);
    return goesOn;
  });
  if (count > 0) url.embedded = Math.min(count, 0xffff);
}

/** URLs that the query's parameters hold themselves (rspamd: src/libserver/url.c:rspamd_url_query_foreach_embedded). */
export function findInValues(url: Url, suffixes: PublicSuffixes, sink: UrlSink): void {
  const start = url.raw.indexOf('?');
  if (start < 0) return;
  const query = url.raw.slice(start + 1).split('#', 1)[0] as ByteString;
  for (const parameter of query.split(/[&;]/)) {
    const equal = parameter.indexOf('=');
    const value = equal < 0 || /[:/]/.test(parameter.slice(0, equal)) ? parameter : parameter.slice(equal + 1);
    const decoded = decodePercent(value);
    if (decoded !== '') findUrls(decoded, 'all', suffixes, sink);
  }
}
