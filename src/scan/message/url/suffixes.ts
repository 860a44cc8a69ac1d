import { createRequire } from 'node:module';
import { type ByteString, isAlnum, lowerAscii, trimSpace } from '../bytes.ts';
import { fromText, toText } from '../utf8.ts';

/** Knows under which suffixes people register domains. Hosts are UTF-8. */
export interface PublicSuffixes {
  /**
   * The longest rule that the text ends with behind a dot, in any case.
   * @returns offset of the dot in `text`, -1 where there is none
   */
  dotOfSuffix(text: ByteString, end: number): number;
  /**
   * The domain somebody registered: a suffix and one label more.
   * @param host in lower case
   * @returns the end of `host`, empty where no rule fits
   */
  registered(host: ByteString): ByteString;
}

/** Rules have that many labels and bytes at most; what is longer is not asked for. */
const maxLabels = 8;
const maxLength = 256;

/**
 * Suffixes as in a copy of the public suffix list (https://publicsuffix.org/list/). Exceptions (`!`) are passed over and a
 * star stands for one label more, whatever it is (rspamd: src/libserver/url.c:rspamd_url_parse_tld_file,
 * rspamd_tld_trie_callback).
 * @param list the file, UTF-8
 */
export function suffixesOfList(list: ByteString): PublicSuffixes {
  const plain = new Set<ByteString>();
  const starred = new Set<ByteString>();
  for (const line of list.split('\n')) {
    if (line === '' || /^[/!\t\n\f\r ]/.test(line)) continue;
    const rule = lowerAscii(trimSpace(line));
    if (!rule.startsWith('*')) plain.add(rule);
    else if (rule.includes('.')) starred.add(rule.slice(rule.indexOf('.') + 1));
  }
  return {
    dotOfSuffix: (text, end) => {
      let found = -1;
      for (const dot of dotsBefore(text, end)) {
        const suffix = lowerAscii(text.slice(dot + 1, end));
        if (plain.has(suffix) || starred.has(suffix)) found = dot;
      }
      return found;
    },
    registered: (host) => {
      let start = host.length;
      for (const dot of dotsBefore(host, host.length)) {
        const suffix = host.slice(dot + 1);
        if (plain.has(suffix)) start = Math.min(start, labelsBefore(host, dot, 1));
        if (starred.has(suffix)) start = Math.min(start, labelsBefore(host, dot, 2));
      }
      return host.slice(start);
    },
  };
}

/** For want of any list: whatever has letters at its end is a name, and the last label its suffix. */
export const anySuffix: PublicSuffixes = {
  dotOfSuffix: (text, end) => {
    const [dot] = dotsBefore(text, end);
    return dot !== undefined && /^(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]+)$/.test(text.slice(dot + 1, end)) ? dot : -1;
  },
  registered: (host) => {
    const dot = anySuffix.dotOfSuffix(host, host.length);
    return dot < 0 ? '' : host.slice(labelsBefore(host, dot, 1));
  },
};

/** Suffixes as the package `tldts` knows them, for a machine without a copy of the list. */
export function suffixesOfPackage(): PublicSuffixes {
  const { parse } = createRequire(import.meta.url)('tldts') as typeof import('tldts');
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false, detectIp: false };
  const suffixOf = (host: ByteString): ByteString => {
    // The package takes a dot at the end for none.
    if (host.endsWith('.')) return '';
    const { publicSuffix, isIcann, isPrivate } = parse(toText(lowerAscii(host)), options);
    return publicSuffix !== null && (isIcann === true || isPrivate === true) ? fromText(publicSuffix) : '';
  };
  return {
    dotOfSuffix: (text, end) => {
      const dots = dotsBefore(text, end);
      const far = dots[dots.length - 1];
      const suffix = far === undefined ? '' : suffixOf(`x${text.slice(far, end)}`);
      return suffix === '' ? -1 : end - suffix.length - 1;
    },
    registered: (host) => {
      const suffix = suffixOf(host);
      if (suffix === '') return '';
      if (suffix.length < host.length) return host.slice(labelsBefore(host, host.length - suffix.length - 1, 1));
      // A suffix itself is a name under a shorter one.
      const shorter = dotsBefore(host, host.length).filter(
        (dot) => suffixOf(host.slice(dot + 1)) === host.slice(dot + 1),
      );
      const dot = shorter.at(-1);
      return dot === undefined ? '' : host.slice(labelsBefore(host, dot, 1));
    },
  };
}

/** Nearest first; those in one run of characters that rules have, and no more than a rule may need. */
function dotsBefore(text: ByteString, end: number): number[] {
  const dots: number[] = [];
  const limit = Math.max(0, end - maxLength);
  for (let at = end - 1; at >= limit && dots.length < maxLabels; at--) {
    const byte = text.charCodeAt(at);
    if (byte === 0x2e) dots.push(at);
    else if (!isAlnum(byte) && byte !== 0x2d && byte < 0x80) break;
  }
  return dots;
}

/** @returns where so many labels begin that stand before a dot; there may be fewer */
function labelsBefore(host: ByteString, dot: number, count: number): number {
  let start = dot;
  for (let left = count; left > 0 && start >= 0; left--) start = start === 0 ? -1 : host.lastIndexOf('.', start - 1);
  return start + 1;
}
