import { urlFlags } from './flags.ts';
import type { Url } from './url.ts';

/** URLs of one message (rspamd: conf/options.inc, max_urls). */
const maxUrls = 10240;

const suspicious = urlFlags.phished | urlFlags.obscured | urlFlags.zw_spaces;

/** The URLs of a message, each text once, in the order in which they were found. */
export class UrlSet {
  readonly #urls = new Map<string, Url>();

  get size(): number {
    return this.#urls.size;
  }

  get isFull(): boolean {
    return this.#urls.size >= maxUrls;
  }

  *[Symbol.iterator](): Iterator<Url> {
    yield* this.#urls.values();
  }

  /**
   * Adds a URL, or counts it once more where it is known; one that is suspicious takes the place of one that is not
   * (rspamd: src/libserver/url.c:rspamd_url_set_add_or_increase).
   * @returns whether it is new
   */
  add(url: Url): boolean {
    const key = keyOf(url);
    const known = this.#urls.get(key);
    if (known === undefined) {
      if (this.isFull) return false;
      this.#urls.set(key, url);
      return true;
    }
    if (url.flags & suspicious && !(known.flags & suspicious)) {
      this.#urls.set(key, url);
      url.count++;
    } else {
      known.count++;
    }
    return false;
  }

  /** @returns the URL that is known by that text, else this one; undefined where there is no room for it */
  addOrGet(url: Url): Url | undefined {
    const key = keyOf(url);
    const known = this.#urls.get(key);
    if (known !== undefined) return known;
    if (this.isFull) return undefined;
    this.#urls.set(key, url);
    return url;
  }
}

/** Addresses without a user are never the same. */
function keyOf(url: Url): string {
  if (!url.isMail || (url.parts.user !== '' && url.host !== '')) return `${url.protocol} ${url.text}`;
  return `${anonymous++} ${url.text}`;
}

let anonymous = 0;
