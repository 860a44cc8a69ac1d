import { type ByteString, has8Bit, isSpace, trimSet } from './bytes.ts';
import { decodeHeaderValue } from './rfc2047.ts';
import { type AddressFlag, parseSmtpPath, type SmtpPath } from './smtp-path.ts';

/** One address, of the envelope or of a header field. */
export interface EmailAddress extends SmtpPath {
  /** As it stands, angle brackets included; `<>` where there is none. */
  readonly raw: ByteString;
  /** `user@domain`, without brackets and quotes. */
  readonly addr: ByteString;
  /** The display name as people read it, UTF-8; undefined where there is none. */
  readonly name: ByteString | undefined;
}

/**
 * An address of the envelope (rspamd: src/libmime/email_addr.c:rspamd_email_address_from_smtp).
 * @returns undefined where the text is no address; for `<>` an address with empty fields
 */
export function parseEnvelopeAddress(text: ByteString): EmailAddress | undefined {
  const path = text === '' ? undefined : parseSmtpPath(text);
  return path === undefined ? undefined : withoutQuotes(path, text, undefined);
}

/** Takes the quotes off the local part, and every backslash with them. */
function withoutQuotes(path: SmtpPath, raw: ByteString, name: ByteString | undefined): EmailAddress {
  const { flags, domain } = path;
  if (!flags.has('quoted') || !path.addr.startsWith('"'))
    return { raw, addr: path.addr, user: path.user, domain, name, flags };
  const user = flags.has('backslash') ? path.user.replaceAll('\\', '') : path.user;
  return { raw, addr: `${user}@${domain}`, user, domain, name, flags };
}

const noFlags: ReadonlySet<AddressFlag> = new Set();
const only8Bit: ReadonlySet<AddressFlag> = new Set(['8bit']);
const onlyEmpty: ReadonlySet<AddressFlag> = new Set(['empty']);

/** What has the looks of an address though no grammar allows it: all before and behind the last `@`. */
function guessAddress(text: ByteString, name: ByteString | undefined): EmailAddress | undefined {
  if (text === '') return undefined;
  let addr = text;
  if (text.startsWith('<') && text.length > 1) {
    const close = text.indexOf('>', 1);
    addr = text.slice(1, close < 0 ? text.length : close);
  }
  const at = addr.lastIndexOf('@');
  const split = at >= 0 && at + 1 < addr.length;
  return {
    raw: text,
    addr,
    user: split ? addr.slice(0, at) : '',
    domain: split ? addr.slice(at + 1) : '',
    name,
    flags: has8Bit(addr) ? only8Bit : noFlags,
  };
}

/**
 * Adds the addresses of a header field to a list; a field without any gives one empty address where the list has none
 * (rspamd: src/libmime/email_addr.c:rspamd_email_address_from_mime).
 * @param value the undecoded value
 * @param limit how many addresses the list may hold
 */
export function addHeaderAddresses(value: ByteString, list: EmailAddress[], limit: number): void {
  if (list.length >= limit) return;
  new AddressListParser(withoutComments(value), list, limit).parse();
}

/** The addresses of a header field (rspamd: option max_recipients). @param value the undecoded value */
export function parseHeaderAddresses(value: ByteString): EmailAddress[] {
  const list: EmailAddress[] = [];
  addHeaderAddresses(value, list, 1024);
  return list;
}

/** Comments are taken out first; what stands in quotes stays, be it in a comment. */
function withoutComments(value: ByteString): ByteString {
  if (!/[()]/.test(value)) return value;
  let out = '';
  let quoted = false;
  let opened = 0;
  let closed = 0;
  for (let at = 0; at < value.length; at++) {
    const c = value[at] as string;
    const copies = quoted;
    if (c === '\\') {
      if (copies || opened === 0) out += c;
      at++;
    } else if (c === '"') {
      quoted = !quoted;
    } else if (!quoted) {
      if (c === '(') opened++;
      else if (c === ')') {
        closed++;
        at++; // the bracket itself is never copied
      }
    }
    if (!copies && opened === closed) opened = closed = 0;
    if ((copies || opened === 0) && at < value.length) out += value[at];
  }
  return out;
}

class AddressListParser {
  readonly #text: ByteString;
  readonly #list: EmailAddress[];
  readonly #limit: number;
  #name = '';
  #seenAt = false;
  #seenBracket = false;
  /** Where the token in hand begins. */
  #from = 0;
  #at = 0;

  constructor(text: ByteString, list: EmailAddress[], limit: number) {
    this.#text = text;
    this.#list = list;
    this.#limit = limit;
  }

  parse(): void {
    type State = 'name' | 'quoted' | 'address' | 'blanks';
    let state: State = 'name';
    const text = this.#text;
    while (this.#at < text.length) {
      const c = text[this.#at] as string;
      switch (state) {
        case 'name':
          if (c === '"') {
            this.#nameBefore(true);
            this.#from = this.#at + 1;
            state = 'quoted';
          } else if (c === '<') {
            this.#nameBefore(false);
            this.#from = this.#at;
            state = 'address';
          } else if (c === ',' || c === ';') {
            if (this.#at > this.#from && this.#seenAt && !this.#take(this.#from, this.#backOverSpace())) return;
            state = 'blanks';
          } else if (c === '@') {
            this.#seenAt = true;
          }
          this.#at++;
          break;
        case 'quoted':
          if (this.#quotedByte(c)) state = 'blanks';
          break;
        case 'address':
          if (c === '>') {
            if (!this.#take(this.#from, this.#at + 1)) return;
            state = 'blanks';
          } else if (c === '@') {
            this.#seenAt = true;
          }
          this.#at++;
          break;
        case 'blanks':
          if (isSpace(c.charCodeAt(0))) this.#at++;
          else {
            this.#from = this.#at;
            state = 'name';
          }
          break;
      }
    }
    if (state === 'name') this.#restIsName();
    else if (state === 'address') this.#restIsAddress(this.#from);
    else if (state === 'quoted' && this.#seenAt && this.#seenBracket) this.#restIsAddress(text.lastIndexOf('<'));
  }

  /** @returns whether the quotes end here */
  #quotedByte(c: string): boolean {
    const text = this.#text;
    if (c === '\\') {
      this.#name += text.slice(this.#from, this.#at);
      this.#from = ++this.#at;
    } else if (c === '"') {
      this.#name += text.slice(this.#from, this.#at);
      if (isSpace(text.charCodeAt(this.#at + 1))) this.#name += ' ';
      this.#at++;
      return true;
    } else if (c === '@' && this.#seenBracket) {
      this.#seenAt = true;
    } else if (c === '<') {
      this.#seenBracket = true;
    }
    this.#at++;
    return false;
  }

  /** The offset behind the last byte before the current one that is no blank. */
  #backOverSpace(): number {
    let end = this.#at;
    while (end - 1 > this.#from && isSpace(this.#text.charCodeAt(end - 1))) end--;
    return end;
  }

  #nameBefore(keepBlank: boolean): void {
    if (this.#at <= this.#from) return;
    const end = this.#backOverSpace();
    this.#name += this.#text.slice(this.#from, end);
    if (keepBlank && end < this.#at) this.#name += ' ';
  }

  /** @returns false where the list is full */
  #take(from: number, to: number): boolean {
    const added = this.#add(this.#text.slice(from, to));
    if (added === 'full') return false;
    if (added === 'none') {
      if (this.#list.length > 0) return false;
      this.#addEmpty();
    }
    this.#name = '';
    this.#seenAt = false;
    return true;
  }

  #add(text: ByteString): 'added' | 'none' | 'full' {
    if (this.#list.length >= this.#limit) return 'full';
    const path = parseSmtpPath(text);
    const address =
      path === undefined ? guessAddress(text, this.#displayName()) : withoutQuotes(path, text, this.#displayName());
    if (address === undefined) return 'none';
    this.#list.push(address);
    return 'added';
  }

  #addEmpty(): void {
    this.#list.push({ raw: '<>', addr: '', user: '', domain: '', name: this.#displayName(), flags: onlyEmpty });
  }

  #displayName(): ByteString | undefined {
    return this.#name === '' ? undefined : decodeHeaderValue(trimSet(this.#name, ' \t\v')).bytes;
  }

  #restIsName(): void {
    if (this.#at <= this.#from) return;
    if (this.#seenAt) {
      this.#take(this.#from, this.#text.length);
      return;
    }
    this.#name += this.#text.slice(this.#from);
    if (this.#list.length === 0) this.#addEmpty();
  }

  #restIsAddress(from: number): void {
    if (this.#add(this.#text.slice(from)) === 'none' && this.#list.length === 0) this.#addEmpty();
  }
}
