import { type ByteString, lowerAscii } from '../../message/index.ts';

/** A signature of a message, or one of the two that ARC has (RFC 6376, 3.5; RFC 8617, 4.1). */
export type SignatureKind = 'dkim' | 'arc-signature' | 'arc-seal';

export type Canonicalization = 'simple' | 'relaxed';

export type HashName = 'sha1' | 'sha256' | 'sha512';

export interface Algorithm {
  readonly name: string;
  readonly key: 'rsa' | 'ecdsa256' | 'ed25519';
  readonly hash: HashName;
}

/** What the verdict of an ARC seal on the chain before it was. */
export type ChainValidation = 'none' | 'pass' | 'fail' | 'invalid';

export interface Signature {
  readonly kind: SignatureKind;
  readonly algorithm: Algorithm;
  readonly domain: ByteString;
  readonly selector: ByteString;
  readonly headerCanon: Canonicalization;
  readonly bodyCanon: Canonicalization;
  /** Names of the signed fields, in order; none for a seal, whose fields are fixed. */
  readonly fields: readonly ByteString[];
  readonly bodyHash: Buffer;
  readonly value: Buffer;
  /** The first characters of the signature, by which reports name it. */
  readonly shortValue: ByteString;
  /** Bytes of the body that are signed; 0 for all. */
  readonly bodyLength: number;
  /** Position in a chain, from 1; 0 for DKIM. */
  readonly instance: number;
  readonly chain: ChainValidation | undefined;
}

export type ReadSignature =
  | { readonly signature: Signature; readonly problem?: undefined }
  | { readonly signature?: undefined; readonly problem: string };

const algorithms = new Map<string, Algorithm>(
  (
    [
      ['rsa-sha1', 'rsa', 'sha1'],
      ['rsa-sha256', 'rsa', 'sha256'],
      ['rsa-sha512', 'rsa', 'sha512'],
      ['ecdsa256-sha256', 'ecdsa256', 'sha256'],
      ['ecdsa256-sha512', 'ecdsa256', 'sha512'],
      ['ed25519-sha256', 'ed25519', 'sha256'],
    ] as const
  ).map(([name, key, hash]) => [name, { name, key, hash }]),
);

const hashLengths: Readonly<Record<HashName, number>> = { sha1: 20, sha256: 32, sha512: 64 };

const maxFields = 1000;
const maxTagLength = 127;
/** Sets that a chain may have (RFC 8617, 4.2.1 allows 50; the original reads 10). */
export const maxArcSets = 10;
const shortLength = 8;

interface Clock {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds that a signature may be ahead of us. */
  readonly jitter: number;
}

/**
 * Reads the value of a field with a signature (rspamd: src/libserver/dkim.c:rspamd_create_dkim_context).
 * @param value unfolded
 * @returns what is wrong with it, of one that cannot be checked or need not be
 */
export function readSignature(kind: SignatureKind, value: ByteString, clock: Clock): ReadSignature {
  const tags = readTags(value);
  if (tags === undefined) return { problem: 'invalid tag list' };
  const problem = forbidden(kind, tags) ?? expired(tags, clock);
  if (problem !== undefined) return { problem };
  const isSeal = kind === 'arc-seal';
  const missing = ['b', ...(isSeal ? [] : ['bh', 'h']), 'd', 's', ...(kind === 'dkim' ? ['v'] : [])].find(
    (name) => !tags.has(name),
  );
  if (missing !== undefined) return { problem: `${missing} parameter missing` };
  if (kind === 'dkim' && tags.get('v') !== '1') return { problem: 'invalid dkim version' };
  const algorithm = algorithms.get(tags.get('a') ?? '');
  if (algorithm === undefined) return { problem: 'invalid dkim sign algorithm' };
  const canon = readCanon(tags.get('c'), isSeal ? 'relaxed' : 'simple');
  if (canon === undefined) return { problem: 'invalid dkim canonization algorithm' };
  const fields = isSeal ? [] : readFields(tags.get('h') as ByteString);
  if (fields === undefined) return { problem: 'invalid dkim header list' };
  const bodyHash = Buffer.from(tags.get('bh') ?? '', 'base64');
  if (!isSeal && bodyHash.length !== hashLengths[algorithm.hash])
    return { problem: `signature has incorrect length: ${bodyHash.length}` };
  const length = readNumber(tags.get('l') ?? '0');
  if (length === undefined) return { problem: 'invalid dkim body length' };
  const instance = kind === 'dkim' ? 0 : readNumber(tags.get('i') ?? '');
  if (instance === undefined || instance > maxArcSets || (kind !== 'dkim' && instance === 0))
    return { problem: 'i parameter missing or invalid for ARC' };
  const chain = tags.get('cv');
  if (isSeal && !isChainValidation(chain)) return { problem: 'cv parameter missing or invalid for ARC' };
  const text = tags.get('b') as ByteString;
  return {
    signature: {
      kind,
      algorithm,
      domain: tags.get('d') as ByteString,
      selector: tags.get('s') as ByteString,
      headerCanon: canon[0],
      bodyCanon: canon[1],
      fields,
      bodyHash,
      value: Buffer.from(text, 'base64'),
      shortValue: text.slice(0, shortLength),
      bodyLength: length,
      instance,
      chain: isChainValidation(chain) ? chain : undefined,
    },
  };
}

function isChainValidation(text: string | undefined): text is ChainValidation {
  return text === 'none' || text === 'pass' || text === 'fail' || text === 'invalid';
}

/**
 * `name = value; …`, blanks around both; a later tag of a name takes the place of an earlier one.
 * @returns undefined where that is not its form
 */
export function readTags(text: ByteString): ReadonlyMap<string, ByteString> | undefined {
  const tags = new Map<string, ByteString>();
  const pieces = text.split(';');
  for (const [at, piece] of pieces.entries()) {
    const isLast = at === pieces.length - 1;
    const equals = piece.indexOf('=');
    if (equals < 0) {
      if (isLast && piece.trim() === '') break;
      return undefined;
    }
    const name = piece.slice(0, equals).trim();
    const value = piece.slice(equals + 1).trim();
    if (name === '' || name.length > maxTagLength || /\s/.test(name) || (value === '' && !isLast)) return undefined;
    tags.set(name, value);
  }
  return tags;
}

/** Tags that the kind must not have. */
function forbidden(kind: SignatureKind, tags: ReadonlyMap<string, ByteString>): string | undefined {
  if (kind !== 'dkim' && tags.has('v')) return 'invalid ARC v param';
  if (kind === 'arc-seal' && tags.has('h')) return 'ARC seal must NOT have h= tag';
  if (kind === 'arc-seal' && tags.has('bh')) return 'ARC seal must NOT have bh= tag';
  return kind !== 'arc-seal' && tags.has('cv') ? 'cv tag is valid for ARC-Seal only' : undefined;
}

function expired(tags: ReadonlyMap<string, ByteString>, { now, jitter }: Clock): string | undefined {
  const made = readNumber(tags.get('t') ?? '0');
  const ends = readNumber(tags.get('x') ?? '0');
  if (made === undefined) return 'invalid dkim timestamp';
  if (ends === undefined) return 'invalid dkim expiration';
  if (made - now > jitter) return 'signature was made in future, ignoring';
  return ends > 0 && ends < now ? 'signature has expired' : undefined;
}

function readNumber(text: ByteString): number | undefined {
  return /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}

function readCanon(
  text: ByteString | undefined,
  usual: Canonicalization,
): readonly [header: Canonicalization, body: Canonicalization] | undefined {
  if (text === undefined) return [usual, usual];
  const [, header, body = usual] = /^(simple|relaxed)(?:\/(simple|relaxed))?$/.exec(text) ?? [];
  return header === undefined ? undefined : [header as Canonicalization, body as Canonicalization];
}

function readFields(text: ByteString): readonly ByteString[] | undefined {
  const fields = text
    .split(':')
    .map((name) => lowerAscii(name.trim()))
    .filter((name) => name !== '');
  return fields.length <= maxFields && fields.includes('from') ? fields : undefined;
}
