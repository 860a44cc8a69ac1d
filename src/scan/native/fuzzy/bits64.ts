/** A number of 64 bits in two halves; hashing many words by BigInt takes thirty times as long. */
export interface Bits64 {
  hi: number;
  lo: number;
}

export function readBits64(bytes: Buffer, at = 0): Bits64 {
  return { lo: bytes.readUInt32LE(at), hi: bytes.readUInt32LE(at + 4) };
}

export function bits64(value: bigint): Bits64 {
  return { lo: Number(BigInt.asUintN(32, value)), hi: Number(BigInt.asUintN(64, value) >> 32n) };
}

export function isLess(a: Bits64, b: Bits64): boolean {
  return a.hi < b.hi || (a.hi === b.hi && a.lo < b.lo);
}
