import { type ByteString, isAlnum } from './bytes.ts';

/** What the grammar notes of an address. */
export type AddressFlag = 'valid' | 'ip' | 'braced' | 'quoted' | 'empty' | 'backslash' | '8bit';

/** A path of the envelope or of a header field, as it stands. */
export interface SmtpPath {
  /** Between the brackets, quotes and all; empty for `<>`. */
  readonly addr: ByteString;
  /** Without its quotes, backslashes and all. */
  readonly user: ByteString;
  readonly domain: ByteString;
  readonly flags: ReadonlySet<AddressFlag>;
}

/**
 * Reads a path by the grammar of RFC 5321, 4.1.2 with the characters of RFC 6531. Whatever follows the path behind a
 * blank does not matter (rspamd: src/ragel/smtp_address.rl, smtp_base.rl, smtp_ip.rl).
 * @returns undefined where there is no such path
 */
export function parseSmtpPath(text: ByteString): SmtpPath | undefined {
  const start = skipBlanks(text, 0);
  if (text[start] !== '<') {
    const path = readMailbox(text, start);
    return path !== undefined && isEnd(text, path.end) ? path : undefined;
  }
  if (text[start + 1] === '>')
    return isEnd(text, start + 2) ? { addr: '', user: '', domain: '', flags: emptyPath } : undefined;
  const path = readMailbox(text, skipBlanks(text, start + 1));
  if (path === undefined) return undefined;
  const close = skipBlanks(text, path.end);
  if (text[close] !== '>' || !isEnd(text, close + 1)) return undefined;
  path.flags.add('braced');
  return path;
}

const emptyPath: ReadonlySet<AddressFlag> = new Set(['empty', 'valid']);

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function skipBlanks(text: ByteString, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isEnd(text: ByteString, at: number): boolean {
  return at >= text.length || isBlank(text.charCodeAt(at));
}

interface ReadPath extends SmtpPath {
  readonly flags: Set<AddressFlag>;
  readonly end: number;
}

/** Source route, mailbox and one full stop too many. */
function readMailbox(text: ByteString, from: number): ReadPath | undefined {
  const start = text[from] === '@' ? endOfRoute(text, from) : from;
  if (start < 0) return undefined;
  const flags = new Set<AddressFlag>(['valid']);
  const quoted = text[start] === '"';
  const at = quoted ? endOfQuoted(text, start + 1, flags) : endOfDotString(text, start);
  if (at < 0 || text[at] !== '@') return undefined;
  const isLiteral = text[at + 1] === '[';
  const end = isLiteral ? endOfLiteral(text, at + 2) : endOfDomain(text, at + 1);
  if (end < 0) return undefined;
  if (quoted) flags.add('quoted');
  if (isLiteral) flags.add('ip');
  return {
    addr: text.slice(start, end),
    user: quoted ? text.slice(start + 1, at - 1) : text.slice(start, at),
    domain: isLiteral ? text.slice(at + 2, end - 1) : text.slice(at + 1, end),
    flags,
    end: text[end] === '.' ? end + 1 : end,
  };
}

/** `@relay,@relay:` @returns the offset behind the colon, -1 where it is something else */
function endOfRoute(text: ByteString, from: number): number {
  let at = from;
  while (text[at] === '@') {
    at = endOfDomain(text, at + 1);
    if (at < 0) return -1;
    if (text[at] === ':') return at + 1;
    if (text[at] !== ',') return -1;
    at++;
  }
  return -1;
}

/** Length of a character beyond ASCII, as loosely as the grammar reads it; 0 where there is none. */
function longCharacter(text: ByteString, at: number): number {
  const lead = text.charCodeAt(at);
  const length = lead >= 0xc0 && lead <= 0xdf ? 2 : lead <= 0xef ? 3 : 4;
  if (!(lead >= 0xc0 && lead <= 0xf7)) return 0;
  for (let more = 1; more < length; more++) if ((text.charCodeAt(at + more) & 0xc0) !== 0x80) return 0;
  return length;
}

const atomMarks = "!#$%&'*+_/=?^-`{|}~";

function atomCharacter(text: ByteString, at: number): number {
  const byte = text.charCodeAt(at);
  if (byte >= 0x80) return longCharacter(text, at);
  return isAlnum(byte) || (at < text.length && atomMarks.includes(text[at] as string)) ? 1 : 0;
}

/** Atoms with single full stops between them. */
function endOfDotString(text: ByteString, from: number): number {
  let at = from;
  for (;;) {
    const start = at;
    for (let length = atomCharacter(text, at); length > 0; length = atomCharacter(text, at)) at += length;
    if (at === start) return -1;
    if (text[at] !== '.') return at;
    at++;
  }
}

/** @returns the offset behind the closing quote */
function endOfQuoted(text: ByteString, from: number, flags: Set<AddressFlag>): number {
  for (let at = from; at < text.length; ) {
    const byte = text.charCodeAt(at);
    if (byte === 0x22) return at + 1;
    if (byte === 0x5c) {
      const next = text.charCodeAt(at + 1);
      if (!(next >= 0x20 && next <= 0x7e)) return -1;
      flags.add('backslash');
      at += 2;
    } else {
      const length = byte >= 0x80 ? longCharacter(text, at) : byte >= 0x20 && byte <= 0x7e ? 1 : 0;
      if (length === 0) return -1;
      at += length;
    }
  }
  return -1;
}

function letterOrDigit(text: ByteString, at: number): number {
  const byte = text.charCodeAt(at);
  if (byte >= 0x80) return longCharacter(text, at);
  return isAlnum(byte) ? 1 : 0;
}

/** Labels that begin and end with a letter or digit; a full stop that no label follows is left. */
function endOfDomain(text: ByteString, from: number): number {
  let at = from;
  for (;;) {
    let length = letterOrDigit(text, at);
    if (length === 0) return at > from ? at - 1 : -1;
    let endsWell = true;
    while (length > 0) {
      at += length;
      endsWell = text[at - 1] !== '-' && text[at - 1] !== '_';
      length = text[at] === '-' || text[at] === '_' ? 1 : letterOrDigit(text, at);
    }
    if (!endsWell) return -1;
    if (text[at] !== '.') return at;
    at++;
  }
}

const hex = '[0-9a-f]{1,4}';
const ip4 = '\\d{1,3}(?:\\.\\d{1,3}){3}';
const ipLiteral = new RegExp(
  [
    `^(?:${ip4}`,
    `IPv6:(?:${hex}(?::${hex}){7}`,
    `(?:${hex}(?::${hex}){0,5})?::(?:${hex}(?::${hex}){0,5})?`,
    `${hex}(?::${hex}){5}:${ip4}`,
    `(?:${hex}(?::${hex}){0,3})?::(?:${hex}(?::${hex}){0,3}:)?${ip4}))$`,
  ].join('|'),
  'i',
);
const generalLiteral = /^[\w\x80-\xff-]*[a-z0-9\x80-\xff]:[!-Z^-~\x80-\xff]+$/i;

/** @returns the offset behind the closing bracket */
function endOfLiteral(text: ByteString, from: number): number {
  const close = text.indexOf(']', from);
  if (close < 0) return -1;
  const literal = text.slice(from, close);
  return ipLiteral.test(literal) || generalLiteral.test(literal) ? close + 1 : -1;
}
