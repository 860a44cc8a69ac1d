import type { ByteString } from '../bytes.ts';
import { has8Bit } from '../bytes.ts';
import { formatIp6, parseIp4, parseIp6 } from '../inet.ts';

/** An address that stands for a host. */
export interface IpHost {
  readonly text: string;
  /** It was written in one of the ways that hide it: fewer than four numbers, octal, hexadecimal. */
  readonly obscured: boolean;
}

/** Longest text of an IPv6 address, with the terminator of C (INET6_ADDRSTRLEN). */
const maxLength = 46;

/** @returns undefined for a name (rspamd: src/libserver/url.c:rspamd_url_maybe_regenerate_from_ip) */
export function ipOfHost(host: ByteString): IpHost | undefined {
  const inner = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  let end = inner.length;
  while (end > 0 && inner[end - 1] === '.') end--;
  if (end === 0 || end > maxLength) return undefined;
  const text = inner.slice(0, end);
  if (has8Bit(text)) return undefined;
  const four = parseIp4(text);
  if (four !== undefined) return { text: four.join('.'), obscured: false };
  const six = parseIp6(text);
  if (six !== undefined) return { text: formatIp6(six), obscured: false };
  const number = looseIp4(text);
  return number === undefined ? undefined : { text: number, obscured: true };
}

/** Numbers as C reads them, each for as many octets as it needs; the last one fills the end. */
function looseIp4(text: ByteString): string | undefined {
  const parts = text.split('.');
  const numbers = [...parts.slice(0, 3), ...(parts.length > 3 ? [parts.slice(3).join('.')] : [])].map(numberOf);
  let address = 0;
  let shift = 0;
  let octets = 0;
  let value = 0;
  for (const [i, number] of numbers.entries()) {
    if (shift >= 32) break;
    if (number === undefined) return undefined;
    octets = octetsOf(number);
    value = bigEndian(number, octets);
    if (i === numbers.length - 1) break;
    address = (address | (value << shift)) >>> 0;
    shift += number === 0 ? 8 : 8 * octets;
  }
  if (8 * (4 - octets) < 32) address = (address | (value << (8 * (4 - octets)))) >>> 0;
  return [address & 0xff, (address >>> 8) & 0xff, (address >>> 16) & 0xff, address >>> 24].join('.');
}

/** As strtol reads it with any base, cut to 32 bits. An empty text is 0. */
function numberOf(text: ByteString): number | undefined {
  if (text.length >= maxLength) return undefined;
  const read = /^[\t-\r ]*\+?(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))?$/i.exec(text);
  if (read === null || (text !== '' && read[1] === undefined && read[2] === undefined && read[3] === undefined))
    return undefined;
  const [, hex, octal, decimal] = read;
  const digits = hex !== undefined ? `0x${hex}` : octal !== undefined ? `0o0${octal}` : (decimal ?? '0');
  const big = BigInt(digits);
  const max = 0x7fffffffffffffffn;
  return Number((big > max ? max : big) & 0xffffffffn);
}

function octetsOf(number: number): number {
  if (number === 0) return 0;
  return number > 0xffffff ? 4 : number > 0xffff ? 3 : number > 0xff ? 2 : 1;
}

/** The octets the other way round, as the address has them in memory. */
function bigEndian(number: number, octets: number): number {
  const [a, b, c, d] = [number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff, number >>> 24];
  if (octets === 4) return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (octets === 3) return (a << 16) | (b << 8) | c;
  return octets === 2 ? (a << 8) | b : a;
}
