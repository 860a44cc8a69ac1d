import type { ByteString } from '../bytes.ts';

/**
 * A path without `.`, `..` and empty components, with all that the original makes of dots
 * (rspamd: src/libutil/util.c:rspamd_normalize_path_inplace).
 */
export function normalisePath(path: ByteString): ByteString {
  return /\/[./]|\.[./]|^\.|\.$/.test(path) ? new PathNormaliser(path).run() : path;
}

type State = 'plain' | 'slash' | 'slashes' | 'dot' | 'dots';

class PathNormaliser {
  readonly #path: ByteString;
  #out = '';
  #state: State = 'plain';
  #slash = -1;
  #dot = -1;
  #at = 0;

  constructor(path: ByteString) {
    this.#path = path;
  }

  run(): ByteString {
    while (this.#at < this.#path.length) {
      const c = this.#path[this.#at] as string;
      // A state that leaves a character to the next one does not step over it.
      if (this[this.#state](c)) this.#at++;
    }
    this.#finish();
    return this.#out;
  }

  plain(c: string): boolean {
    if (c === '/') {
      this.#state = 'slash';
      this.#slash = this.#at;
    } else if (c === '.') {
      this.#state = 'dot';
      this.#dot = this.#at;
    } else {
      this.#out += c;
    }
    return true;
  }

  slash(c: string): boolean {
    if (c === '/') {
      this.#out += c;
      this.#state = 'slashes';
    } else if (c === '.') {
      this.#dot = this.#at;
      this.#state = 'dot';
    } else {
      this.#out += `/${c}`;
      this.#plainAgain();
    }
    return true;
  }

  slashes(c: string): boolean {
    if (c === '/') return true;
    this.#plainAgain();
    this.#slash = this.#at - 1;
    return false;
  }

  dot(c: string): boolean {
    if (c === '/') {
      if (!this.#out.endsWith('/') && this.#slash >= 0) this.#out += '/';
      this.#slash = this.#at;
      this.#dot = -1;
      this.#state = 'plain';
      return true;
    }
    if (c === '.') {
      this.#state = 'dots';
      return true;
    }
    const withSlash = this.#slash >= 0 && this.#slash === this.#dot - 1 && this.#out !== '' && !this.#out.endsWith('/');
    this.#out += this.#path.slice(withSlash ? this.#slash : this.#dot, this.#at);
    this.#plainAgain();
    return false;
  }

  dots(c: string): boolean {
    if (c === '/' && this.#slash >= 0) {
      this.#parent();
      this.#slash = this.#at;
      this.#state = 'slash';
      return true;
    }
    if (c === '/') {
      if (this.#out !== '') this.#out += this.#path.slice(this.#dot, this.#at);
    } else {
      if (this.#slash >= 0) this.#out += '/';
      this.#out += this.#path.slice(this.#dot, this.#at);
    }
    this.#plainAgain();
    return false;
  }

  #plainAgain(): void {
    this.#slash = this.#dot = -1;
    this.#state = 'plain';
  }

  /** Takes the last component off. */
  #parent(): void {
    const out = this.#out;
    const skip = out.length > 2 && out.endsWith('/') ? 2 : out.length > 1 ? 1 : 0;
    // The last bytes looked at are those before `skip` ones at the end.
    const slash = skip === 0 || out.length <= skip ? -1 : out.lastIndexOf('/', out.length - skip - 1);
    if (slash >= 0) this.#out = out.slice(0, slash);
  }

  #finish(): void {
    const empty = this.#out === '';
    if (this.#state === 'slash') this.#out += '/';
    else if (this.#state === 'dot') this.#out += this.#slash >= 0 ? '/' : empty ? '' : '.';
    else if (this.#state !== 'dots') return;
    else if (empty) this.#out = '/';
    else if (this.#slash >= 0) this.#parent();
    else this.#out += this.#path.slice(this.#dot);
  }
}
