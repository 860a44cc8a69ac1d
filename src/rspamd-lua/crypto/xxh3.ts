/** The default secret of the xxHash specification ("XXH3 algorithm description"). */
const secret = Buffer.from(
  [
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221',
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8',
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb',
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  ].join(''),
  'hex',
);

const prime32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const;
const prime64 = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;

const low = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint): bigint => low(value << bits) | (value >> (64n - bits));

/** The two halves of a product of 128 bits, one upon the other. */
function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return low(product) ^ (product >> 64n);
}

function avalanche(hash: bigint): bigint {
  const mixed = low((hash ^ (hash >> 37n)) * 0x165667919e3779f9n);
  return mixed ^ (mixed >> 32n);
}

function avalanche64(hash: bigint): bigint {
  let mixed = low((hash ^ (hash >> 33n)) * prime64[1]);
  mixed = low((mixed ^ (mixed >> 29n)) * prime64[2]);
  return mixed ^ (mixed >> 32n);
}

/** XXH3 with 64 bits (the xxHash specification). */
export function xxh3(bytes: Buffer, seed: bigint): bigint {
  const { length } = bytes;
  if (length <= 16) return short(bytes, seed);
  if (length <= 240) return medium(bytes, seed);
  return long(bytes, seed);
}

function short(bytes: Buffer, seed: bigint): bigint {
  const { length } = bytes;
  const key = (at: number): bigint => secret.readBigUInt64LE(at) ^ secret.readBigUInt64LE(at + 8);
  if (length === 0) return avalanche64(low(seed ^ key(56)));
  if (length <= 3) {
    const [first, middle, last] = [bytes[0], bytes[length >> 1], bytes[length - 1]] as [number, number, number];
    const combined = ((first << 16) | (middle << 24) | last | (length << 8)) >>> 0;
    const flip = low(BigInt((secret.readUInt32LE(0) ^ secret.readUInt32LE(4)) >>> 0) + seed);
    return avalanche64(BigInt(combined) ^ flip);
  }
  if (length <= 8) {
    const swapped = Buffer.alloc(4);
    swapped.writeUInt32LE(Number(seed & 0xffffffffn));
    const turned = low(seed ^ (BigInt(swapped.readUInt32BE(0)) << 32n));
    const input = BigInt(bytes.readUInt32LE(length - 4)) + (BigInt(bytes.readUInt32LE(0)) << 32n);
    let hash = input ^ low(key(8) - turned);
    hash ^= rotate(hash, 49n) ^ rotate(hash, 24n);
    hash = low(hash * 0x9fb21c651e98df25n);
    hash = low((hash ^ ((hash >> 35n) + BigInt(length))) * 0x9fb21c651e98df25n);
    return hash ^ (hash >> 28n);
  }
  const first = bytes.readBigUInt64LE(0) ^ low(key(24) + seed);
  const last = bytes.readBigUInt64LE(length - 8) ^ low(key(40) - seed);
  const swapped = Buffer.alloc(8);
  swapped.writeBigUInt64LE(first);
  return avalanche(low(BigInt(length) + swapped.readBigUInt64BE(0) + last + fold(first, last)));
}

function mix(bytes: Buffer, at: number, secretAt: number, seed: bigint): bigint {
  const first = bytes.readBigUInt64LE(at) ^ low(secret.readBigUInt64LE(secretAt) + seed);
  return fold(first, bytes.readBigUInt64LE(at + 8) ^ low(secret.readBigUInt64LE(secretAt + 8) - seed));
}

function medium(bytes: Buffer, seed: bigint): bigint {
  const { length } = bytes;
  let hash = BigInt(length) * prime64[0];
  if (length <= 128) {
    for (let i = (length - 1) >> 5; i >= 0; i--) {
      hash += mix(bytes, 16 * i, 32 * i, seed) + mix(bytes, length - 16 * (i + 1), 32 * i + 16, seed);
    }
    return avalanche(low(hash));
  }
  for (let i = 0; i < 8; i++) hash += mix(bytes, 16 * i, 16 * i, seed);
  hash = avalanche(low(hash));
  for (let i = 8; i < length >> 4; i++) hash += mix(bytes, 16 * i, 16 * (i - 8) + 3, seed);
  return avalanche(low(hash + mix(bytes, length - 16, 136 - 17, seed)));
}

const stripe = 64;
const stripesOfBlock = (secret.length - stripe) / 8;

function long(bytes: Buffer, seed: bigint): bigint {
  const { length } = bytes;
  const key = Buffer.from(secret);
  for (let at = 0; seed !== 0n && at < key.length; at += 16) {
    key.writeBigUInt64LE(low(secret.readBigUInt64LE(at) + seed), at);
    key.writeBigUInt64LE(low(secret.readBigUInt64LE(at + 8) - seed), at + 8);
  }
  const lanes = [
    prime32[2],
    prime64[0],
    prime64[1],
    prime64[2],
    prime64[3],
    prime32[1],
    prime64[4],
    prime32[0],
  ] as bigint[];
  const stripes = Math.floor((length - 1) / stripe);
  for (let i = 0; i < stripes; i++) {
    accumulate(lanes, bytes, i * stripe, key, (i % stripesOfBlock) * 8);
    if (i % stripesOfBlock === stripesOfBlock - 1) scramble(lanes, key);
  }
  accumulate(lanes, bytes, length - stripe, key, key.length - stripe - 7);
  let hash = BigInt(length) * prime64[0];
  for (let i = 0; i < 4; i++) {
    const [a, b] = [lanes[2 * i], lanes[2 * i + 1]] as [bigint, bigint];
    hash += fold(a ^ key.readBigUInt64LE(11 + 16 * i), b ^ key.readBigUInt64LE(19 + 16 * i));
  }
  return avalanche(low(hash));
}

function accumulate(lanes: bigint[], bytes: Buffer, at: number, key: Buffer, keyAt: number): void {
  for (let i = 0; i < 8; i++) {
    const value = bytes.readBigUInt64LE(at + 8 * i);
    const keyed = value ^ key.readBigUInt64LE(keyAt + 8 * i);
    lanes[i ^ 1] = low((lanes[i ^ 1] as bigint) + value);
    lanes[i] = low((lanes[i] as bigint) + (keyed & 0xffffffffn) * (keyed >> 32n));
  }
}

function scramble(lanes: bigint[], key: Buffer): void {
  for (let i = 0; i < 8; i++) {
    const lane = lanes[i] as bigint;
    const mixed = lane ^ (lane >> 47n) ^ key.readBigUInt64LE(key.length - stripe + 8 * i);
    lanes[i] = low(mixed * prime32[0]);
  }
}
