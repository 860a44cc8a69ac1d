import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2b';
import { xxh64 } from '../../message/xxh64.ts';
import { crc32 } from '../encodings/crc32.ts';
import { mum } from './mum.ts';
import { t1ha2 } from './t1ha.ts';
import { xxh3 } from './xxh3.ts';
import { xxh32 } from './xxh32.ts';

/** A hash under way. */
interface State {
  update(data: Buffer): unknown;
  digest(): Buffer;
  copy(): State;
}

/** `rspamd_cryptobox_hash`: may be read several times; nothing can be added once it has been read. */
export class Digest {
  readonly #make: () => State;
  #state: State;
  #result: Buffer | undefined;

  constructor(make: () => State, state: State = make()) {
    this.#make = make;
    this.#state = state;
  }

  get isFinished(): boolean {
    return this.#result !== undefined;
  }

  update(data: Buffer): void {
    this.#state.update(data);
  }

  /** All of the hash, or so many bytes from its end. */
  result(length: number | undefined): Buffer {
    this.#result ??= this.#state.digest();
    return length === undefined ? this.#result : this.#result.subarray(Math.max(0, this.#result.length - length));
  }

  reset(): void {
    this.#state = this.#make();
    this.#result = undefined;
  }

  copy(): Digest {
    return new Digest(this.#make, this.#state.copy());
  }
}

const openssl: Readonly<Record<string, string>> = {
  md5: 'md5',
  sha: 'sha1',
  sha1: 'sha1',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
};

/**
 * A new hash; undefined for a name that is not known. With a key it is a MAC, for the kinds that have one
 * (rspamd: src/lua/lua_cryptobox.c:rspamd_lua_hash_create).
 */
export function newDigest(name: string, key: Buffer | undefined): Digest | undefined {
  const kind = name.toLowerCase();
  const ssl = openssl[kind];
  if (ssl !== undefined) {
    if (key === undefined || key.length === 0) return new Digest(() => sslState(createHash(ssl)));
    return new Digest(() => keptState((data) => (createHmac(ssl, key) as Hmac).update(data).digest()));
  }
  switch (kind) {
    case 'blake2':
      return new Digest(() => blakeState(key));
    case 'xxh64':
      return new Digest(() =>
        keptState((data) => {
          const { hi, lo } = xxh64(data, { hi: 0, lo: 0 });
          return words(lo, hi);
        }),
      );
    case 'xxh3':
      return new Digest(() => keptState((data) => longWord(xxh3(data, 0n))));
    case 't1ha':
      return new Digest(() => keptState((data) => longWord(t1ha2(data))));
    case 'mum':
      return new Digest(() => keptState((data) => longWord(mum(data))));
    case 'xxh32':
      return new Digest(() => keptState((data) => words(xxh32(data))));
    case 'crc32':
      return new Digest(() => keptState((data) => words(crc32(data.toString('latin1'))).reverse()));
    default:
      return undefined;
  }
}

/** 32-bit words, low bytes first. */
function words(...list: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * list.length);
  for (const [i, word] of list.entries()) bytes.writeUInt32LE(word >>> 0, 4 * i);
  return bytes;
}

function longWord(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function sslState(hash: Hash): State {
  return {
    update: (data) => hash.update(data),
    digest: () => hash.digest(),
    copy: () => sslState(hash.copy()),
  };
}

function blakeState(
  key: Buffer | undefined,
  hash = blake2b.create(key?.length ? { key, dkLen: 64 } : { dkLen: 64 }),
): State {
  return {
    update: (data) => hash.update(data),
    digest: () => Buffer.from(hash.digest()),
    copy: () => blakeState(key, hash.clone()),
  };
}

/** For hashes that want all at once. */
function keptState(hash: (data: Buffer) => Buffer, parts: readonly Buffer[] = []): State {
  const kept = [...parts];
  return {
    update: (data) => kept.push(Buffer.from(data)),
    digest: () => hash(Buffer.concat(kept)),
    copy: () => keptState(hash, kept),
  };
}
