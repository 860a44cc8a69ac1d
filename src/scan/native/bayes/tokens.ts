import { blake2b } from '@noble/hashes/blake2b';
import { encodeBase32 } from '../../../wire/crypt/index.ts';
import { hash64 } from './hash.ts';

/** A word as the tokenizer takes it: a byte string, and what becomes of it. */
export interface StatWord {
  readonly bytes: string;
  /** `meta`: says something about the message; `url`: joins no window that begins with it. */
  readonly kind: 'text' | 'meta' | 'url';
}

/** Two words close to each other. */
export interface Token {
  readonly id: bigint;
  readonly meta: boolean;
  /** How far the words are apart. */
  readonly distance: number;
}

export interface OsbSettings {
  /** Words in a window, 2 to 8. */
  readonly window: number;
  readonly seed: bigint;
}

/** rspamd: src/libstat/tokenizers/osb.c:rspamd_tokenizer_osb_default_config. */
export const stockOsb: OsbSettings = { window: 2, seed: 0xdeadbaben };

/** By the distance of words (rspamd: osb.c, primes; every second one). */
const factors = [1n, 3n, 5n, 11n, 23n, 47n, 97n, 197n];

const mask = 0xffff_ffff_ffff_ffffn;

/**
 * Orthogonal sparse bigrams of words (rspamd: src/libstat/tokenizers/osb.c:rspamd_tokenizer_osb, hash XXH). Pairs
 * begin when a window is full and one more word has come.
 */
export function addTokens(words: readonly StatWord[], { window, seed }: OsbSettings, tokens: Token[]): void {
  const pipe: { readonly hash: bigint; readonly word: StatWord }[] = [];
  const add = (distance: number, meta: boolean, newest = 0): void => {
    const [near, far] = [pipe[newest], pipe[newest + distance]];
    if (near === undefined || far === undefined) return;
    tokens.push({ id: (near.hash + far.hash * (factors[distance] as bigint)) & mask, meta, distance });
  };
  let seen = 0;
  for (const word of words) {
    pipe.unshift({ hash: hash64(word.bytes, seed), word });
    if (pipe.length > window) pipe.pop();
    if (++seen <= window) continue;
    for (let distance = 1; distance < window; distance++)
      if (pipe[distance]?.word.kind !== 'url') add(distance, word.kind === 'meta');
  }
  // The last word of a text that does not fill a window is in no pair.
  const last = words.at(-1);
  if (last !== undefined && seen <= window)
    for (let distance = 1; distance < seen - 1; distance++) add(distance, last.kind === 'meta', 1);
}

/** Names a set of tokens: what has been learned is known by it (rspamd: redis_cache.cxx). @param user where statistics are kept for each */
export function signatureOf(tokens: readonly Token[], user: string | undefined): string {
  const bytes = Buffer.alloc(tokens.length * 8);
  for (const [at, { id }] of tokens.entries()) bytes.writeBigUInt64LE(id, at * 8);
  const whole = user === undefined ? bytes : Buffer.concat([Buffer.from(user, 'latin1'), bytes]);
  return encodeBase32(Buffer.from(blake2b(whole, { dkLen: 64 }))).slice(0, 32);
}
