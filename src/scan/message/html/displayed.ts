import { domainToUnicode } from 'node:url';
import { type ByteString, lowerAscii } from '../bytes.ts';
import { normalise, trimUnicode } from '../normalise.ts';
import { findUrlText } from '../url/find.ts';
import { parseUrl } from '../url/parse.ts';
import { findInValues, maxQueryNesting } from '../url/query.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';
import type { Url } from '../url/url.ts';
import { fromText, toText } from '../utf8.ts';

/**
 * Compares a link with the URL that its text shows, and marks it where the two lead to different domains
 * (rspamd: src/libserver/html/html_url.cxx:html_url_is_phished).
 * @param text of the link, UTF-8
 * @returns the URL of the text
 */
export function displayedUrl(link: Url, text: ByteString, suffixes: PublicSuffixes): Url | undefined {
  const shown = trimUnicode(text);
  if (shown.length <= 4) return undefined;
  const found = findUrlText(shown, suffixes);
  if (found === undefined || found.start > 0) return undefined;
  const url = parseUrl(found.text, 'text', suffixes);
  if (url === undefined) {
    if (/^http/i.test(shown) && shown.includes('://')) {
      link.add('phished');
      link.add('obscured');
    }
    return undefined;
  }
  url.add('html_displayed');
  link.add('url_displayed');
  if (isPhishing(link, url, suffixes)) {
    link.add('phished');
    link.linked = url;
  }
  return url;
}

/** What the link shows, as rules see it: normalised where it stood, so that what was longer leaves its end behind. */
export function visibleText(text: ByteString): ByteString {
  const trimmed = trimUnicode(text);
  if (trimmed === '') return '';
  const whole = text.slice(text.indexOf(trimmed));
  const { bytes } = normalise(trimmed);
  return bytes + whole.slice(bytes.length);
}

function isPhishing(link: Url, shown: Url, suffixes: PublicSuffixes): boolean {
  if (isTransfer(link) !== isTransfer(shown) || link.tld === '' || shown.tld === '') return false;
  if (lowerAscii(unicodeHost(shown.host)) === lowerAscii(unicodeHost(link.host))) return false;
  const shownDomain = unicodeHost(shown.tld);
  const linkDomain = unicodeHost(link.tld);
  if (lowerAscii(shownDomain) === lowerAscii(linkDomain) || isSubdomain(shownDomain, linkDomain)) return false;
  return !leadsTo(link, shownDomain, suffixes);
}

function isTransfer({ protocol }: Url): boolean {
  return protocol === 'http' || protocol === 'https' || protocol === 'ftp';
}

function unicodeHost(host: ByteString): ByteString {
  if (host.length <= 4 || !lowerAscii(host).includes('xn--')) return host;
  const unicode = domainToUnicode(toText(host));
  return unicode === '' ? host : fromText(unicode);
}

/** One is the other with labels before it; the first letter is not looked at (rspamd: rspamd_url_is_subdomain). */
function isSubdomain(a: ByteString, b: ByteString): boolean {
  let i = lastLetter(a);
  let j = lastLetter(b);
  while (i > 0 && j > 0 && a[i] === b[j]) {
    i--;
    j--;
  }
  if (j === 0) return i > 0 && a[i - 1] === '.';
  return i === 0 && b[j - 1] === '.';
}

function lastLetter(domain: ByteString): number {
  let at = domain.length - 1;
  while (at > 0 && domain[at] === '.') at--;
  return at;
}

/** The link is a detour to that domain: every query on the way holds one URL (rspamd: html_href_query_targets_display). */
function leadsTo(link: Url, domain: ByteString, suffixes: PublicSuffixes): boolean {
  let target: Url | undefined;
  let current = link;
  for (let depth = 0; depth < maxQueryNesting; depth++) {
    const inside: Url[] = [];
    if (current.parts.query !== '') {
      findInValues(current, suffixes, (url) => {
        if (isTransfer(url) && url.tld !== '') inside.push(url);
        return true;
      });
    }
    const [next] = inside;
    if (next === undefined) return target !== undefined && isSameDomain(unicodeHost(target.tld), domain);
    if (inside.length > 1) return false;
    target = current = next;
  }
  return false;
}

function isSameDomain(a: ByteString, b: ByteString): boolean {
  return lowerAscii(a) === lowerAscii(b) || isSubdomain(a, b);
}
