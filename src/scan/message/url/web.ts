import { type ByteString, isAlnum, isDigit, isGraph, isSpace } from '../bytes.ts';
import { isZeroWidth, readUtf8 } from '../utf8.ts';
import { isDomainByte, isLinearBlank, isUrlEnd, isUrlSafe, isUrlStart } from './characters.ts';
import { Fields, type UrlSource } from './fields.ts';
import { urlFlags } from './flags.ts';
import { Lookahead } from './lookahead.ts';
import { maxDomainLength, maxUserLength } from './mailto.ts';

/** `stop`: no URL, `done`: all that belongs to it has been read. */
type Outcome = 'stop' | 'done' | undefined;
type State = (byte: number) => Outcome;

/** A user longer than that, or with more at signs, is no URL (rspamd: lualib/lua_url_filter.lua). */
const maxUser = 16384;
const maxAtSigns = 20;

/**
 * `scheme://user:password@host:port/path?query#fragment` with all its abuses
 * (rspamd: src/libserver/url.c:rspamd_web_parse). One state per part; a state gives the byte back by not stepping over it.
 * @param lookahead of `text`, kept by those who parse from many offsets
 */
export function parseWeb(
  text: ByteString,
  start: number,
  end: number,
  source: UrlSource,
  lookahead: Lookahead = new Lookahead(text),
): Fields {
  return new WebParser(text, start, end, source, lookahead).run();
}

class WebParser {
  readonly #text: ByteString;
  readonly #end: number;
  readonly #source: UrlSource;
  readonly #fields: Fields;
  readonly #lookahead: Lookahead;
  #at: number;
  /** Where the part began. */
  #from: number;
  /** Where user or host began. */
  #authority: number;
  #state: State;
  #userSeen = false;
  #longUser = false;
  #userStart = -1;
  #passwordStart = -1;

  constructor(text: ByteString, start: number, end: number, source: UrlSource, lookahead: Lookahead) {
    this.#text = text;
    this.#lookahead = lookahead;
    this.#end = end;
    this.#source = source;
    this.#fields = new Fields(text, start);
    this.#at = this.#from = this.#authority = start;
    this.#state = this.#scheme;
  }

  run(): Fields {
    let outcome: Outcome;
    let byte = 0;
    while (this.#at < this.#end && outcome === undefined) {
      byte = this.#text.charCodeAt(this.#at);
      outcome = this.#state(byte);
    }
    if (outcome !== 'stop') this.#finish(byte);
    this.#fields.end = Math.min(this.#at, this.#end);
    return this.#fields;
  }

  #scheme(byte: number): Outcome {
    if (byte === 0x3a) {
      this.#fields.set('scheme', this.#from, this.#at);
      this.#state = this.#colon;
    } else if (!isAlnum(byte) && byte !== 0x2b && byte !== 0x2d) {
      if (this.#source !== 'search' || this.#at === this.#from) return 'stop';
      // There may be a host without a scheme.
      this.#state = this.#domainStart;
      this.#at = this.#authority = this.#from;
      return undefined;
    }
    this.#at++;
    return undefined;
  }

  #colon(byte: number): Outcome {
    if (isSlash(byte)) {
      this.#state = this.#slash;
      this.#at++;
    } else {
      this.#state = this.#slashes;
      this.#flag('missing_slashes');
    }
    return undefined;
  }

  #slash(byte: number): Outcome {
    if (!isSlash(byte)) return 'stop';
    this.#state = this.#slashes;
    this.#at++;
    return undefined;
  }

  #slashes(byte: number): Outcome {
    if (isSlash(byte)) {
      this.#at++;
      return undefined;
    }
    this.#from = this.#authority = this.#at;
    this.#state = this.#domainStart;
    if (this.#hasUser()) {
      this.#userSeen = true;
      this.#state = this.#user;
    } else if (byte === 0x5b) {
      this.#state = this.#ipv6;
      this.#from = ++this.#at;
    }
    return undefined;
  }

  /** An at sign stands before the first slash, question or number sign. */
  #hasUser(): boolean {
    const sign = this.#lookahead.atSign.at(this.#at);
    return sign < this.#end && sign < this.#lookahead.authorityEnd.at(this.#at);
  }

  #ipv6(byte: number): Outcome {
    if (byte !== 0x5d) {
      if (!/[0-9a-f:.]/i.test(this.#text[this.#at] as string)) return 'stop';
      this.#at++;
      return undefined;
    }
    if (this.#at === this.#from) return 'stop';
    this.#fields.set('host', this.#from, this.#at);
    const next = this.#text.charCodeAt(++this.#at);
    if (next === 0x3a) this.#state = this.#port;
    else if (isSlash(next)) this.#state = this.#path;
    else if (next === 0x3f) this.#state = this.#query;
    else if (next === 0x23) this.#state = this.#fragment;
    else if (this.#at !== this.#end) return 'stop';
    if (this.#state !== this.#ipv6) this.#from = this.#at + 1;
    this.#at++;
    return undefined;
  }

  #user(byte: number): Outcome {
    const length = this.#at - this.#from;
    if (byte === 0x3a) {
      if (length === 0 || this.#isTooLong(length)) return 'stop';
      this.#userStart = this.#from;
      this.#state = this.#passwordBegin;
    } else if (byte === 0x40) {
      if (length === 0) {
        this.#flag('obscured');
        this.#state = this.#atSigns;
        return undefined;
      }
      if (this.#isTooLong(length)) return 'stop';
      this.#fields.set('user', this.#from, this.#at);
      this.#flag('has_user');
      this.#state = this.#afterAt;
    } else if (!isGraph(byte)) {
      return 'stop';
    } else if (!this.#longUser && length > maxUserLength) {
      this.#longUser = true;
      this.#flag('obscured');
      this.#flag('has_user');
    }
    this.#at++;
    return undefined;
  }

  #isTooLong(length: number): boolean {
    return this.#longUser && length > maxUser && this.#source !== 'search';
  }

  #atSigns(byte: number): Outcome {
    if (byte === 0x40) {
      this.#at++;
      return undefined;
    }
    const count = this.#at - this.#from;
    if (count === 0 || (count > maxAtSigns && this.#source !== 'search')) return 'stop';
    this.#fields.set('user', this.#from, this.#at - 1);
    this.#flag('has_user');
    this.#state = this.#afterAt;
    return undefined;
  }

  #passwordBegin(byte: number): Outcome {
    if (byte === 0x40) {
      const length = Math.max(0, this.#at - this.#from - 1);
      this.#fields.set('user', this.#from, this.#from + length);
      this.#flag('has_user');
      this.#state = this.#afterAt;
    } else {
      this.#from = this.#passwordStart = this.#at;
      this.#state = this.#password;
    }
    this.#at++;
    return undefined;
  }

  #password(byte: number): Outcome {
    if (byte === 0x40) {
      if (this.#passwordStart > this.#userStart + 1) {
        this.#flag('has_user');
        this.#fields.set('user', this.#userStart, this.#passwordStart - 1);
      }
      this.#state = this.#afterAt;
    } else if (!isGraph(byte) || this.#at - this.#from > maxDomainLength) {
      return 'stop';
    }
    this.#at++;
    return undefined;
  }

  #afterAt(byte: number): Outcome {
    this.#from = this.#at;
    if (byte === 0x40) {
      this.#flag('obscured');
      this.#at++;
    } else if (byte === 0x5b) {
      this.#state = this.#ipv6;
      this.#from = ++this.#at;
    } else {
      this.#state = this.#domainStart;
    }
    return undefined;
  }

  #domainStart(byte: number): Outcome {
    if (!isDomainStart(byte)) return 'stop';
    this.#state = this.#domain;
    return undefined;
  }

  #domain(byte: number): Outcome {
    if (this.#at - this.#from > maxDomainLength) return 'stop';
    if (isSlash(byte) || byte === 0x3a || byte === 0x3f || byte === 0x23) return this.#hostEnd(byte);
    if (isUrlEnd(byte) || isUrlStart(byte)) return 'done';
    if (byte === 0x40 && !this.#userSeen) {
      this.#at = this.#authority;
      this.#userSeen = true;
      this.#state = this.#user;
      return undefined;
    }
    if (byte >= 0x80) return this.#longCharacter();
    if (byte !== 0x2e && byte !== 0x2d && byte !== 0x5f && byte !== 0x25 && !isUrlSafe(byte)) {
      if (this.#source !== 'href') return this.#source === 'search' ? 'done' : 'stop';
      this.#flag('obscured');
    }
    this.#at++;
    return undefined;
  }

  #hostEnd(byte: number): Outcome {
    if (this.#at === this.#from) return 'stop';
    if (byte === 0x3a && !this.#userSeen) {
      // What follows is a port or a password.
      this.#state = this.#portOrPassword;
    } else {
      this.#fields.set('host', this.#from, this.#at);
      if (isSlash(byte)) {
        this.#state = this.#pathStart;
      } else {
        this.#state = byte === 0x3f ? this.#query : byte === 0x23 ? this.#fragment : this.#port;
        this.#from = this.#at + 1;
      }
    }
    this.#at++;
    return undefined;
  }

  #longCharacter(): Outcome {
    const read = readUtf8(this.#text, this.#at, this.#end);
    if (read < 0) return 'stop';
    const codePoint = read >>> 3;
    const character = String.fromCodePoint(codePoint);
    if (/[\p{L}\p{Nd}]/u.test(character)) this.#flag('idn');
    else if (isZeroWidth(codePoint)) this.#flag('zw_spaces');
    else if (/[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Z}]/u.test(character)) return this.#source === 'search' ? 'done' : 'stop';
    this.#at += read & 7;
    return undefined;
  }

  #portOrPassword(byte: number): Outcome {
    if (isDigit(byte) && this.#isPort()) {
      this.#fields.set('host', this.#authority, this.#at - 1);
      this.#state = this.#port;
      this.#from = this.#at;
      return undefined;
    }
    this.#at = this.#from = this.#authority;
    this.#userSeen = true;
    this.#state = this.#user;
    return undefined;
  }

  #isPort(): boolean {
    let at = this.#at;
    while (at < this.#end && isDigit(this.#text.charCodeAt(at))) at++;
    if (at === this.#end) return true;
    const byte = this.#text.charCodeAt(at);
    return byte === 0x2f || byte === 0x23 || byte === 0x3f || isUrlEnd(byte) || isSpace(byte);
  }

  #port(byte: number): Outcome {
    if (isSlash(byte) || byte === 0x3f || byte === 0x23) {
      if (!this.#takePort()) return 'stop';
      this.#flag('has_port');
      this.#state = isSlash(byte) ? this.#pathStart : byte === 0x3f ? this.#query : this.#fragment;
      if (!isSlash(byte)) this.#from = this.#at + 1;
    } else if (isUrlEnd(byte)) {
      return 'done';
    } else if (!isDigit(byte)) {
      return this.#source === 'search' && isSpace(byte) ? 'done' : 'stop';
    }
    this.#at++;
    return undefined;
  }

  #takePort(): boolean {
    const digits = /^[ \t-\r]*\+?(\d*)/.exec(this.#text.slice(this.#from, this.#from + 64))?.[1];
    const port = Number(digits);
    if (!(port > 0 && port <= 65535)) return false;
    this.#fields.port = port;
    return true;
  }

  #pathStart(byte: number): Outcome {
    if (isSlash(byte)) {
      this.#at++;
    } else {
      this.#from = this.#at;
      this.#state = this.#path;
    }
    return undefined;
  }

  #path(byte: number): Outcome {
    if (byte !== 0x3f && byte !== 0x23) return this.#tail(byte);
    if (this.#at > this.#from) this.#fields.set('path', this.#from, this.#at);
    this.#state = byte === 0x3f ? this.#query : this.#fragment;
    this.#from = ++this.#at;
    return undefined;
  }

  #query(byte: number): Outcome {
    if (byte !== 0x23) return this.#tail(byte);
    if (this.#at > this.#from) this.#fields.set('query', this.#from, this.#at);
    this.#state = this.#fragment;
    this.#from = ++this.#at;
    return undefined;
  }

  #fragment(byte: number): Outcome {
    return this.#tail(byte);
  }

  /** A byte of path, query or fragment. */
  #tail(byte: number): Outcome {
    if (this.#source === 'search') {
      this.#at = Math.min(this.#end, this.#lookahead.urlEnd.at(this.#at));
      return 'done';
    }
    if (this.#source !== 'href' && isUrlEnd(byte)) return 'done';
    if (isLinearBlank(byte)) return isSpace(byte) ? 'done' : 'stop';
    this.#at++;
    return undefined;
  }

  /** Takes what is left, by the state in which the text ended. */
  #finish(last: number): void {
    const fields = this.#fields;
    const [from, to] = [this.#from, this.#at];
    switch (this.#state) {
      case this.#domain:
        if (to === from || !isDomainByte(this.#text.charCodeAt(to - 1)) || !isDomainByte(this.#text.charCodeAt(from)))
          return;
        fields.set('host', from, to);
        break;
      case this.#port:
        if (!this.#takePort()) return;
        break;
      case this.#pathStart:
        break;
      case this.#path:
        if (to > from) fields.set('path', from, to);
        break;
      case this.#query:
        if (to > from) fields.set('query', from, to);
        break;
      case this.#fragment:
        if (to > from) fields.set('fragment', from, to);
        break;
      case this.#ipv6:
        if (last !== 0x5d) return;
        break;
      default:
        return;
    }
    fields.ok = true;
  }

  #flag(name: keyof typeof urlFlags): void {
    this.#fields.flags |= urlFlags[name];
  }
}

/** May begin a host name. */
function isDomainStart(byte: number): boolean {
  return isAlnum(byte) || byte === 0x5b || byte === 0x25 || byte === 0x5f || byte >= 0x80;
}

function isSlash(byte: number): boolean {
  return byte === 0x2f || byte === 0x5c;
}
