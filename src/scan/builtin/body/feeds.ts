import type { UclValue } from '../../../ucl/index.ts';
import { type ByteString, findUrls, type PublicSuffixes, toText, type Url } from '../../message/index.ts';
import type { MapReader } from '../../native/index.ts';

/** URLs that somebody publishes, by host. */
export type Feed = ReadonlyMap<ByteString, readonly FeedUrl[]>;

interface FeedUrl {
  readonly path: ByteString;
  readonly query: ByteString;
  /** What the feed says of it. */
  readonly about: readonly string[];
}

/**
 * A feed as a map: a URL in each line, or an object of JSON with its `url` (rspamd:
 * src/plugins/lua/phishing.lua:insert_url_from_string). Lines that are neither are left out.
 */
export function openFeed(
  source: UclValue | string,
  form: 'lines' | 'json',
  maps: MapReader,
  suffixes: PublicSuffixes,
): () => Feed {
  return maps.whole(source, (lines) => {
    const feed = new Map<ByteString, FeedUrl[]>();
    for (const line of lines) {
      const { text, about } = form === 'json' ? readJson(line) : { text: line, about: [] };
      const url = firstUrl(text, suffixes);
      if (url === undefined) continue;
      const { path, query } = url.parts;
      const others = feed.get(url.host);
      if (others === undefined) feed.set(url.host, [{ path, query, about }]);
      else others.push({ path, query, about });
    }
    return feed;
  });
}

function readJson(line: string): { text: string; about: readonly string[] } {
  try {
    const { url, tld, sector, brand } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const about = [tld, sector, brand].flatMap((one) => (typeof one === 'string' ? [toText(one)] : []));
    return { text: typeof url === 'string' ? url : '', about };
  } catch {
    return { text: '', about: [] };
  }
}

function firstUrl(text: ByteString, suffixes: PublicSuffixes): Url | undefined {
  let found: Url | undefined;
  findUrls(text, 'all', suffixes, (url) => {
    found = url;
    return false;
  });
  return found;
}

/** @returns how sure it is that a URL is one of the feed, from 0 to 1, and what to tell of it */
export function lookUp(
  feed: Feed,
  url: Url,
): { readonly weight: number; readonly about: readonly string[] } | undefined {
  const entries = feed.get(url.host);
  if (entries === undefined) return undefined;
  const { path, query } = url.parts;
  const same = entries.filter((entry) => entry.path === path);
  const host = [toText(url.host)];
  if (same.length === 0) return url.has('phished') ? { weight: 0.1, about: host } : undefined;
  const told = same.at(-1)?.about ?? [];
  const about = path === '' || told.length === 0 ? host : told;
  const fits = (path === '' ? entries : same).some((entry) => entry.query === '' || entry.query === query);
  if (fits) return { weight: 1, about };
  return path === '' ? undefined : { weight: 0.3, about };
}
