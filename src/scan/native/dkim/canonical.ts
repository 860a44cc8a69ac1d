import { createHash, type Hash } from 'node:crypto';
import { type ByteString, lowerAscii, type Message } from '../../message/index.ts';
import type { Canonicalization, HashName } from './signature.ts';

/** One field as it is signed, without the line end at its end (RFC 6376, 3.4.1 and 3.4.2). */
export function canonicalField(raw: ByteString, canon: Canonicalization): ByteString {
  const text = raw.replace(/[\r\n]+$/, '');
  if (canon === 'simple') return withCrlf(text);
  const colon = text.indexOf(':');
  const name = lowerAscii(text.slice(0, colon).trim());
  const value = text
    .slice(colon + 1)
    .replace(/[ \t\r\n\v\f]+/g, ' ')
    .replace(/^ | $/g, '');
  return `${name}:${value}`;
}

/** A field with a signature, as it is signed: its own `b=` is empty. */
export function withoutValue(field: ByteString): ByteString {
  const colon = field.indexOf(':') + 1;
  return field.slice(0, colon) + field.slice(colon).replace(/((?:^|;)\s*b\s*=)[^;]*/, '$1');
}

/** A body as it is signed (RFC 6376, 3.4.3 and 3.4.4). */
export interface CanonicalBody {
  readonly text: ByteString;
  /** The body does not end in a line end. */
  readonly open: boolean;
}

export function canonicalBody(body: ByteString, canon: Canonicalization): CanonicalBody {
  const lines = withCrlf(canon === 'simple' ? body : body.replace(/[ \t\v\f]+/g, ' ').replace(/ (?=[\r\n]|$)/g, ''));
  let end = lines.length;
  while (end >= 2 && lines[end - 1] === '\n') end -= 2;
  const open = end === lines.length && end > 0;
  if (end === 0) return { text: canon === 'simple' ? '\r\n' : '', open: false };
  return { text: open ? lines : lines.slice(0, end + 2), open };
}

function withCrlf(text: ByteString): ByteString {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}

const bodyHashes = new WeakMap<Message, Map<string, readonly Buffer[] | undefined>>();

/**
 * Hashes that a body may have: as it is, and with a line end more, which some hop may have taken off
 * (rspamd: src/libserver/dkim.c:rspamd_dkim_check).
 * @param length bytes that are signed, 0 for all
 * @returns undefined where the length leaves too much of the body out, or goes too far beyond it
 */
export function hashesOfBody(
  message: Message,
  canon: Canonicalization,
  hash: HashName,
  length: number,
): readonly Buffer[] | undefined {
  let known = bodyHashes.get(message);
  if (known === undefined) {
    known = new Map();
    bodyHashes.set(message, known);
  }
  const key = `${canon} ${hash} ${length}`;
  if (!known.has(key)) known.set(key, hashBody(message.body, canon, hash, length));
  return known.get(key);
}

/** How much of the body has to be signed at least. */
const enough = 0.9;

function hashBody(
  body: ByteString,
  canon: Canonicalization,
  hash: HashName,
  length: number,
): readonly Buffer[] | undefined {
  const { text, open } = canonicalBody(body, canon);
  if (length > 0) {
    if (canon === 'simple' && (length + 2 < body.length * enough || (length < 2 && body.length > 2))) return undefined;
    if (canon === 'relaxed' && text.length < length * enough) return undefined;
  }
  // What is simple gets the line end that it lacks.
  const whole = open && canon === 'simple' ? `${text}\r\n` : text;
  const digest = createHash(hash).update(length > 0 ? whole.slice(0, length) : whole, 'latin1');
  const more = (end: string): Hash => digest.copy().update(end);
  return [digest.copy(), more('\r\n'), more('\n')].map((one) => one.digest());
}
