import { type EmailAddress, parseEnvelopeAddress } from './address.ts';
import { type ByteString, hexValue, isSpace, trimSet } from './bytes.ts';
import { parseMailDate } from './date.ts';
import { parseInetAddress } from './inet.ts';
import { isDomainByte } from './url/characters.ts';
import { lowerOf, readUtf8, replacementCharacter } from './utf8.ts';

export type ReceivedProtocol =
  | 'unknown'
  | 'smtp'
  | 'esmtp'
  | 'esmtpa'
  | 'esmtps'
  | 'esmtpsa'
  | 'lmtp'
  | 'imap'
  | 'http'
  | 'local';

/** One hop. Names and addresses are in lower case, UTF-8; undefined where the field does not tell. */
export interface Received {
  /** The whole decoded value; undefined for a hop that was put in by us. */
  readonly raw: ByteString | undefined;
  /** What the client called itself. */
  readonly fromHostname: ByteString | undefined;
  /** Name that the server found for the client's address. */
  readonly realHostname: ByteString | undefined;
  /** The client's address, canonical. */
  readonly realIp: string | undefined;
  readonly byHostname: ByteString | undefined;
  /** Text behind `for`. */
  readonly forMailbox: ByteString | undefined;
  readonly forAddress: EmailAddress | undefined;
  readonly protocol: ReceivedProtocol;
  readonly ssl: boolean;
  readonly authenticated: boolean;
  readonly utf8: boolean;
  /** Put in for the client we know of, because the topmost field speaks of another one. */
  readonly artificial: boolean;
  /** Seconds since the epoch; 0 without a date, -1 where it cannot be read. */
  readonly timestamp: number;
}

type PartKind = 'from' | 'by' | 'with' | 'for' | 'id' | 'unknown';

interface Part {
  readonly kind: PartKind;
  readonly data: ByteString;
  readonly comments: readonly ByteString[];
}

/** Words behind `with` that say something (rspamd: src/libmime/received.cxx). */
const protocols = new Map<string, readonly [ReceivedProtocol, ssl: boolean, authenticated: boolean, utf8: boolean]>([
  ['smtp', ['smtp', false, false, false]],
  ['esmtp', ['esmtp', false, false, false]],
  ['utf8esmtp', ['esmtp', false, false, true]],
  ['esmtpa', ['esmtpa', false, true, false]],
  ['utf8esmtpa', ['esmtpa', false, true, true]],
  ['esmtpsa', ['esmtpsa', true, true, false]],
  ['utf8esmtpsa', ['esmtpsa', true, true, true]],
  ['esmtps', ['esmtps', true, false, false]],
  ['utf8esmtps', ['esmtps', true, false, true]],
  ['lmtp', ['lmtp', false, false, false]],
  ['imap', ['imap', false, false, false]],
  ['imaps', ['imap', true, false, false]],
  ['http', ['http', false, false, false]],
  ['https', ['http', true, false, false]],
  ['local', ['local', false, false, false]],
]);

const maxParts = 64;
const maxComments = 64;

/**
 * Reads one Received field in the dialects of the usual mailers (rspamd: src/libmime/received.cxx).
 * @param value decoded, UTF-8
 * @returns undefined where it tells nothing
 */
export function parseReceived(value: ByteString): Received | undefined {
  const { parts, dateAt } = new ReceivedReader(value).read();
  if (parts.length === 0) return undefined;
  const hop: Hop = { fromHostname: undefined, realHostname: undefined, realIp: undefined };
  let byHostname: ByteString | undefined;
  let forMailbox: ByteString | undefined;
  let protocol: (typeof protocols extends Map<string, infer P> ? P : never) | undefined;
  for (const part of parts) {
    if (part.kind === 'from') readFrom(part, hop);
    else if (part.kind === 'by') byHostname = hostNameOf(part.data) ?? byHostname;
    else if (part.kind === 'with') protocol = protocols.get(part.data) ?? protocol;
    else if (part.kind === 'for') forMailbox = part.data;
  }
  const date = dateAt > 0 && dateAt < value.length ? (parseMailDate(value.slice(dateAt)) ?? -1000) : 0;
  const [name, ssl, authenticated, utf8] = protocol ?? (['unknown', false, false, false] as const);
  return {
    raw: value,
    fromHostname: (hop.fromHostname || hop.realHostname) ?? undefined,
    realHostname: hop.realHostname || undefined,
    realIp: hop.realIp,
    byHostname: byHostname || undefined,
    forMailbox: forMailbox || undefined,
    forAddress: forMailbox === undefined ? undefined : parseEnvelopeAddress(forMailbox),
    protocol: name,
    ssl,
    authenticated,
    utf8,
    artificial: false,
    timestamp: Math.floor(date / 1000),
  };
}

/** Cuts a field into its parts: `from`, `by`, then any others. */
class ReceivedReader {
  readonly #text: ByteString;
  readonly #parts: Part[] = [];
  #at = 0;
  #dateAt = -1;

  constructor(text: ByteString) {
    this.#text = text;
  }

  read(): { readonly parts: readonly Part[]; readonly dateAt: number } {
    return { parts: this.#readParts() ? this.#parts : [], dateAt: this.#dateAt };
  }

  #readParts(): boolean {
    this.#skipSpaces();
    if (this.#text[this.#at] === '(') this.#skipComment();
    if (this.#startsWith('from', 5) && !this.#part('from')) return false;
    if (this.#startsWith('by', 3) && !this.#part('by')) return false;
    if (this.#parts.length === 0) return false;
    const text = this.#text;
    while (this.#at < text.length && this.#parts.length < maxParts) {
      if (text[this.#at] === ';') {
        this.#dateAt = this.#at + 1;
        return true;
      }
      let found = false;
      if (this.#startsWith('with', 6)) found = this.#part('with');
      else if (this.#startsWith('for', 5)) found = this.#part('for');
      else if (this.#startsWith('id', 4)) found = this.#part('id');
      else {
        while (this.#at < text.length && !this.#endsWord(this.#at)) this.#at++;
        if (this.#at >= text.length) return false;
        if (text[this.#at] === ';') {
          this.#dateAt = this.#at + 1;
          return true;
        }
        found = this.#readPart('unknown');
      }
      if (!found) this.#at++;
    }
    return true;
  }

  #endsWord(at: number): boolean {
    const c = this.#text.charCodeAt(at);
    return isSpace(c) || c === 0x28 || c === 0x3b;
  }

  #startsWith(word: PartKind, atLeast: number): boolean {
    return (
      this.#text.length - this.#at >= atLeast &&
      this.#text.slice(this.#at, this.#at + word.length).toLowerCase() === word
    );
  }

  #skipSpaces(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #skipComment(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at++];
      if (c === '(') depth++;
      else if (c === ')') depth--;
      if (depth === 0) {
        this.#skipSpaces();
        return;
      }
    }
  }

  #part(kind: PartKind): boolean {
    this.#at += kind.length;
    return this.#readPart(kind);
  }

  #readPart(kind: PartKind): boolean {
    const reader = new PartReader(this.#text, this.#at, kind);
    const end = reader.read();
    if (end < 0) return false;
    this.#at = end;
    this.#parts.push({ kind, data: reader.data, comments: reader.comments });
    return true;
  }
}

/** One part: a word, and comments around it. */
class PartReader {
  readonly #text: ByteString;
  readonly #start: number;
  readonly #kind: PartKind;
  readonly comments: ByteString[] = [];
  data = '';

  constructor(text: ByteString, start: number, kind: PartKind) {
    this.#text = text;
    this.#start = start;
    this.#kind = kind;
  }

  /** @returns where the part ends, -1 where there is none */
  read(): number {
    const text = this.#text;
    const end = text.length;
    let at = this.#start;
    let from = at;
    let state: 'spaces' | 'comment' | 'data' | 'tcp' = 'spaces';
    let depth = 0;
    let seenTcp = false;
    while (at < end) {
      const byte = text.charCodeAt(at);
      if (state === 'spaces') {
        if (isSpace(byte)) at++;
        else {
          from = at;
          state = 'data';
        }
      } else if (state === 'comment') {
        if (byte === 0x28) depth++;
        else if (byte === 0x29 && --depth <= 0) {
          this.#comment(from, at);
          from = ++at;
          state = 'spaces';
          continue;
        }
        at++;
      } else if (state === 'tcp') {
        if (byte === 0x5d) {
          this.#append(from, at + 1);
          seenTcp = true;
          state = 'spaces';
          from = at;
        }
        at++;
      } else if (byte === 0x28) {
        this.#append(from, at);
        state = 'comment';
        depth = 1;
        from = ++at;
      } else if (isSpace(byte)) {
        this.#append(from, at);
        state = 'spaces';
        from = at;
      } else if (byte === 0x3b) {
        this.#append(from, at);
        return at > this.#start ? at : -1;
      } else if (this.data !== '') {
        // Some mailers write the client's address behind its name.
        if (seenTcp || this.#kind !== 'from' || text[from] !== '[') return at > this.#start ? at : -1;
        state = 'tcp';
        at++;
      } else {
        at++;
      }
    }
    if (state === 'data' && at > from) {
      this.#append(from, at);
      return at;
    }
    return state === 'spaces' && at > this.#start ? at : -1;
  }

  #append(from: number, to: number): void {
    if (to > from && this.#kind !== 'unknown')
      this.data = trimSet(this.data + plainLower(this.#text.slice(from, to)), ' \t');
  }

  #comment(from: number, to: number): void {
    if (to > from && this.#kind !== 'unknown' && this.comments.length < maxComments)
      this.comments.push(trimSet(plainLower(this.#text.slice(from, to)), ' \t'));
  }
}

const unprintable = /\p{C}/u;

/** Lower case, without what cannot be printed. */
function plainLower(bytes: ByteString): ByteString {
  if (/^[ -~]*$/.test(bytes)) return bytes.toLowerCase();
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const read = readUtf8(bytes, at);
    at += Math.abs(read) & 7;
    if (read < 0) out += replacementCharacter;
    else if (!unprintable.test(String.fromCodePoint(read >>> 3))) out += lowerOf(read >>> 3);
  }
  return out;
}

interface Hop {
  fromHostname: ByteString | undefined;
  realHostname: ByteString | undefined;
  realIp: string | undefined;
}

/** `[ip] (name [ip])`, `helo (name [ip])`, `[ip]`, `name`, `name ([ip]:port helo=x)` and their like. */
function readFrom(part: Part, hop: Hop): void {
  const [comment] = part.comments;
  if (part.data === '') {
    if (comment !== undefined) readClient(comment, hop);
    return;
  }
  if (comment !== undefined) readClient(comment, hop);
  if (hop.realIp === undefined && readClient(part.data, hop)) return;
  if (hop.realIp !== undefined) hop.fromHostname = hostNameOf(part.data) ?? hop.fromHostname;
  else readClient(part.data, hop);
}

/** @returns whether a name was found */
function readClient(text: ByteString, hop: Hop): boolean {
  if (text === '') return false;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close >= 0) hop.realIp = parseInetAddress(text.slice(1, close))?.text ?? hop.realIp;
    return false;
  }
  const bare = hexValue(text.charCodeAt(0)) >= 0 ? parseInetAddress(text) : undefined;
  if (bare !== undefined) {
    hop.realIp = bare.text;
    return false;
  }
  const open = text.indexOf('[');
  if (open < 0) return readName(text, hop);
  const close = text.lastIndexOf(']');
  const address = close > open ? parseInetAddress(text.slice(open + 1, close)) : undefined;
  if (address === undefined) return false;
  hop.realIp = address.text;
  return readName(text.slice(0, open), hop);
}

function readName(text: ByteString, hop: Hop): boolean {
  const name = hostNameOf(text);
  if (name === undefined) return false;
  hop.realHostname = name;
  return true;
}

/** A host name, or an address in brackets without them. */
function hostNameOf(text: ByteString): ByteString | undefined {
  if (text.startsWith('[') && text.endsWith(']') && text.length > 2) {
    const address = parseInetAddress(text.slice(1, -1));
    if (address !== undefined) return address.port === 0 ? address.text : `${address.text}:${address.port}`;
  }
  let end = 0;
  while (end < text.length && isDomainByte(text.charCodeAt(end))) end++;
  if (end === 0) return undefined;
  if (end === text.length) return text;
  const next = text[end] as string;
  const cut = isSpace(next.charCodeAt(0)) || next === '[' || next === '(';
  return cut && text.slice(0, end).includes('.') ? text.slice(0, end) : undefined;
}
