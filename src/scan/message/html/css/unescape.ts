import { type ByteString, hexValue, isSpace, lowerAscii } from '../../bytes.ts';
import { writeUtf8 } from '../../utf8.ts';

/** A style sheet in lower case; one with escapes also without them, but in strings (rspamd: css_parser.cxx:need_unescape). */
export function plainCss(css: ByteString): ByteString {
  return css.includes('\\') && hasEscapes(css) ? unescapeCss(css) : lowerAscii(css);
}

function hasEscapes(css: ByteString): boolean {
  let quote = '';
  let previous = '';
  for (const c of css) {
    if (quote === '') {
      if (c === '\\') return true;
      if (c === '"' || c === "'") quote = c;
    } else {
      if (c === quote && previous !== '\\') quote = '';
      previous = c;
    }
  }
  return false;
}

/**
 * Escapes of any number of hexadecimal digits and blanks behind them; what is no escape loses its mark
 * (rspamd: src/libserver/css/css_util.cxx:unescape_css).
 */
export function unescapeCss(css: ByteString): ByteString {
  return new Unescaper().run(css);
}

class Unescaper {
  #out = '';
  #state: 'plain' | 'quoted' | 'escape' | 'blanks' = 'plain';
  #quote = '';
  #previous = '';
  #digits = '';

  run(css: ByteString): ByteString {
    for (const c of css) {
      if (this.#out.length >= css.length) break;
      this.#step(c);
    }
    return this.#out;
  }

  #step(c: ByteString): void {
    const byte = c.charCodeAt(0);
    switch (this.#state) {
      case 'quoted':
        if (c === this.#quote && this.#previous !== '\\') this.#state = 'plain';
        this.#previous = c;
        this.#out += c;
        return;
      case 'escape':
        if (hexValue(byte) >= 0) {
          this.#digits += c;
          return;
        }
        this.#escaped();
        if (isSpace(byte)) this.#state = 'blanks';
        else this.#plain(c);
        return;
      case 'blanks':
        if (!isSpace(byte)) this.#plain(c);
        return;
      default:
        this.#plain(c);
    }
  }

  #plain(c: ByteString): void {
    if (c === '\\') {
      this.#state = 'escape';
      this.#digits = '';
      return;
    }
    const isQuote = c === '"' || c === "'";
    this.#state = isQuote ? 'quoted' : 'plain';
    if (isQuote) this.#quote = c;
    this.#out += lowerAscii(c);
  }

  #escaped(): void {
    if (this.#digits === '' || this.#digits.length > 16) return;
    const codePoint = Number.parseInt(this.#digits, 16);
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return;
    const character = String.fromCodePoint(codePoint);
    this.#out += codePoint < 0x80 ? lowerAscii(character) : writeUtf8(character.toLowerCase().codePointAt(0) as number);
  }
}
