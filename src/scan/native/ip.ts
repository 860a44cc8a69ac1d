import { isIPv4, isIPv6 } from 'node:net';
import { formatIp6, parseIp6 } from '../message/index.ts';

/** The 4 or 16 bytes of an address; undefined for what is none. */
export function ipBytes(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number);
  if (!isIPv6(text)) return undefined;
  return parseIp6(text)?.flatMap((word) => [word >> 8, word & 0xff]);
}

/** Whether two addresses of the same family agree in their first `bits` bits. */
export function sharesPrefix(one: readonly number[], other: readonly number[], bits: number): boolean {
  if (one.length !== other.length || bits > 8 * one.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (one[at] !== other[at]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((one[whole] as number) & mask) === ((other[whole] as number) & mask);
}

/** An address without all but its first bits, canonical. */
export function maskedIp(bytes: readonly number[], bits: number): string {
  const kept = bytes.map((byte, at) => byte & (0xff << Math.max(0, Math.min(8, 8 - (bits - at * 8)))) & 0xff);
  if (kept.length === 4) return kept.join('.');
  return formatIp6(
    Array.from({ length: 8 }, (_, at) => ((kept[at * 2] as number) << 8) | (kept[at * 2 + 1] as number)),
  );
}

/** Octets, or nibbles of an IPv6 address, last one first: the form in which lists and reverse zones name addresses. */
export function reversedIp(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.toReversed().join('.');
  return nibbles(bytes).reverse().join('.');
}

/** Octets, or nibbles of an IPv6 address, separated by dots (RFC 7208, 7.3). */
export function dottedIp(bytes: readonly number[]): string {
  return bytes.length === 4 ? bytes.join('.') : nibbles(bytes).join('.');
}

function nibbles(bytes: readonly number[]): string[] {
  return bytes.flatMap((byte) => [(byte >> 4).toString(16), (byte & 0xf).toString(16)]);
}
