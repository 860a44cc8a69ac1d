import { type ByteString, type HtmlDocument, lowerAscii, type Tag } from '../../message/index.ts';
import { bytesHash } from './digest.ts';
import type { Shingler } from './shingles.ts';

/** Documents with fewer links, or flatter ones, are too much alike (rspamd: src/plugins/fuzzy_check.c:fuzzy_cmd_from_html_part). */
const least = { links: 2, depth: 3 };

/**
 * Hash of how a document is built, whatever its text
 * (rspamd: src/libutil/shingles_html.cxx:rspamd_shingles_from_html).
 * @param key 16 bytes
 * @param withDomains links to other domains make another document
 * @returns undefined for one that is too small
 */
export function htmlHash(
  { features, tags }: HtmlDocument,
  minTags: number,
  withDomains: boolean,
  key: Buffer,
  shingler: Shingler,
): { digest: Buffer; shingles: Buffer } | undefined {
  if (features.tags < minTags || features.links.total < least.links || features.depth < least.depth) return undefined;
  const tokens = tags
    .filter((tag) => !tag.is('virtual') && !tag.is('ignore') && !tag.is('xml'))
    .map((tag) => tokenOf(tag, withDomains));
  if (tokens.length === 0) return undefined;
  return { digest: bytesHash(Buffer.from(tokens.join(''), 'latin1'), key), shingles: shingler.ofTokens(tokens) };
}

/** `td.price@example.com` */
function tokenOf(tag: Tag, withDomains: boolean): ByteString {
  const name = classOf(tag.attribute('class') ?? '');
  const domain = withDomains ? (tag.url?.tld ?? '') : '';
  return `${tag.name}${name === '' ? '' : `.${name}`}${domain === '' ? '' : `@${domain}`}`;
}

const tracking = /utm|track|analytics|pixel|beacon|campaign|source|medium|guid|uuid/i;
const maxClasses = 64;
const maxClass = 32;

/** The first class, without what is odd in it; none that looks made up for one recipient. */
function classOf(classes: ByteString): ByteString {
  if (classes.length > maxClasses || tracking.test(classes)) return '';
  const name = /^[^ \t\n\f\r]*/.exec(classes)?.[0] ?? '';
  const digits = name.replace(/[^0-9]/g, '').length;
  if (digits > Math.floor(name.length / 2)) return '';
  return lowerAscii(name.replace(/[^A-Za-z0-9_-]/g, '').slice(0, maxClass));
}
