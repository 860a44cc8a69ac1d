import { createHash, randomBytes } from 'node:crypto';

/** Rspamd's parameters for passwords (rspamd: src/libutil/util.c:pbkdf_list). */
const parameters = { id: 2, saltBytes: 20, keyBytes: 32, garlic: 10, lambda: 4, data: 'rspamd' } as const;

/**
 * A password as Rspamd's controller keeps it: `$2$SALT$KEY` with a random salt. The key comes from Catena 3.1
 * (Butterfly-Full), as defined by Forler, Lucks and Wenzel; this takes some tenths of a second.
 */
export function encryptPassword(password: Buffer): string {
  const salt = randomBytes(parameters.saltBytes);
  const key = catena(password, salt, Buffer.from(parameters.data), parameters);
  return `$${parameters.id}$${base32(salt)}$${base32(key)}`;
}

interface Cost {
  readonly garlic: number;
  readonly lambda: number;
  readonly keyBytes: number;
}

export function catena(password: Buffer, salt: Buffer, data: Buffer, { garlic, lambda, keyBytes }: Cost): Buffer {
  const tweak = Buffer.from([0, lambda, keyBytes, salt.length]);
  const seed = hash(hash(Buffer.from('Butterfly-Full')), tweak, hash(data), password, salt);
  const first = flap(seed, (garlic + 1) >> 1, lambda, salt);
  return hash(Buffer.from([garlic]), flap(first, garlic, lambda, salt)).subarray(0, keyBytes);
}

function hash(...parts: readonly Buffer[]): Buffer {
  const state = createHash('blake2b512');
  for (const part of parts) state.update(part);
  return state.digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  const out = Buffer.allocUnsafe(a.length);
  for (let at = 0; at < a.length; at++) out[at] = (a[at] ?? 0) ^ (b[at] ?? 0);
  return out;
}

/** `lambda` double butterfly graphs of 2^garlic columns, one upon the other. */
function flap(seed: Buffer, garlic: number, lambda: number, salt: Buffer): Buffer {
  const size = 2 ** garlic;
  const last = size - 1;
  const node = (row: readonly Buffer[], at: number): Buffer => row[at] ?? seed;
  let row = saltedRow(topRow(seed, size), garlic, salt);
  for (let graph = 0; graph < lambda; graph++) {
    for (let level = 1; level < 2 * garlic; level++) {
      const bit = level - 1 < garlic ? garlic - level : level - garlic;
      const across = (at: number): Buffer => node(row, at ^ (1 << bit));
      const begin = hash(Buffer.of(0), hash(xor(node(row, last), node(row, 0)), across(0)));
      const next = [begin];
      for (let at = 1; at < size; at++) next.push(hash(xor(node(next, at - 1), node(row, at)), across(at)));
      row = next;
    }
  }
  return node(row, last);
}

function topRow(seed: Buffer, size: number): Buffer[] {
  let [before, now] = [hash(Buffer.of(1), seed), hash(Buffer.of(0), seed)];
  const row: Buffer[] = [];
  // The first two of the row are made of what stands before it, in either order of age.
  [before, now] = [now, hash(now, before)];
  row.push(now);
  for (let at = 1; at < size; at++) {
    [before, now] = [now, hash(now, before)];
    row.push(now);
  }
  return row;
}

/** Overwrites places that the salt chooses (the function Gamma). */
function saltedRow(row: Buffer[], garlic: number, salt: Buffer): Buffer[] {
  const next = xorshift(hash(salt), hash(hash(salt)));
  const choose = (): number => Number(next() >> BigInt(64 - garlic));
  for (let rounds = 2 ** ((3 * garlic + 3) >> 2); rounds > 0; rounds--) {
    const [at, other] = [choose(), choose()];
    row[at] = hash(row[at] ?? salt, row[other] ?? salt);
  }
  return row;
}

/** xorshift1024*, seeded with two hashes. */
function xorshift(a: Buffer, b: Buffer): () => bigint {
  const state = [a, b].flatMap((half) => Array.from({ length: 8 }, (_, at) => half.readBigUInt64LE(at * 8)));
  const word = (value: bigint): bigint => BigInt.asUintN(64, value);
  let at = 0;
  return () => {
    let s0 = state[at] ?? 0n;
    at = (at + 1) & 15;
    let s1 = state[at] ?? 0n;
    s1 ^= word(s1 << 31n);
    s1 ^= s1 >> 11n;
    s0 ^= s0 >> 30n;
    state[at] = s0 ^ s1;
    return word((s0 ^ s1) * 1181783497276652981n);
  };
}

/** Rspamd's base32: the alphabet of z-base-32, the low bits of a byte first (rspamd: src/libutil/str_util.c). */
function base32(bytes: Buffer): string {
  let [out, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    held |= byte << bits;
    bits += 8;
    for (; bits >= 5; bits -= 5) {
      out += alphabet.charAt(held & 31);
      held >>= 5;
    }
  }
  return bits > 0 ? out + alphabet.charAt(held & 31) : out;
}

const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';
