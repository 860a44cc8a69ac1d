import { decodeBase32, encodeBase32 } from '../../wire/crypt/index.ts';

/** Alphabets by the names that functions take; the first is Rspamd's own, with the bits of each byte turned round. */
const alphabets = {
  zbase: 'ybndrfg8ejkmcpqxot1uwisza345h769',
  bleach: 'qpzry9x8gf2tvdw0s3jn54khce6mua7l',
  rfc: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
} as const;

export type Base32 = keyof typeof alphabets;

/** rspamd: src/libutil/str_util.c:rspamd_base32_decode_type_from_str */
export function base32Named(name: string): Base32 | undefined {
  if (name === 'default' || name === 'zbase') return 'zbase';
  return name === 'bleach' || name === 'rfc' ? name : undefined;
}

/** Without padding (rspamd: rspamd_encode_base32_buf). */
export function toBase32(bytes: string, kind: Base32): string {
  if (kind === 'zbase') return encodeBase32(Buffer.from(bytes, 'latin1'));
  let text = '';
  let held = 0;
  let bits = 0;
  for (let i = 0; i < bytes.length; i++) {
    held = ((held << 8) | bytes.charCodeAt(i)) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabets[kind][(held >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + alphabets[kind][(held << (5 - bits)) & 31] : text;
}

/** Undefined for a character that is not of the alphabet (rspamd: rspamd_decode_base32_buf). */
export function fromBase32(text: string, kind: Base32): string | undefined {
  if (kind === 'zbase') return decodeBase32(text)?.toString('latin1');
  const out: number[] = [];
  let held = 0;
  let bits = 0;
  for (const char of text) {
    const value = alphabets[kind].indexOf(char);
    if (value < 0) return undefined;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out.push((held >> bits) & 0xff);
    held &= (1 << bits) - 1;
  }
  if (bits > 0 && held !== 0) out.push(held & 0xff);
  return Buffer.from(out).toString('latin1');
}
