/**
 * Rspamd's base32: the letters of z-base-32, but the bytes are one little-endian number that is cut into groups of five
 * bits from the low end; no padding, lower case only (rspamd: src/libutil/str_util.c:rspamd_encode_base32_buf).
 */
const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';

const values = new Int8Array(128).fill(-1);
for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;

/** n bytes give ceil(8n/5) characters. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held |= byte << bits;
    bits += 8;
    for (; bits >= 5; bits -= 5) {
      text += alphabet[held & 31];
      held >>>= 5;
    }
  }
  return bits > 0 ? text + alphabet[held & 31] : text;
}

/**
 * c characters (at least one) give floor(5(c-1)/8)+1 bytes; what the last character holds beyond them is dropped, as
 * Rspamd does. Undefined where a character is not of the alphabet.
 */
export function decodeBase32(text: string): Buffer | undefined {
  if (text.length === 0) return Buffer.alloc(0);
  const bytes = Buffer.alloc(Math.floor((5 * (text.length - 1)) / 8) + 1);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? -1;
    if (value < 0) return undefined;
    held |= value << bits;
    bits += 5;
    if (bits < 8) continue;
    bytes[at++] = held & 255;
    held >>>= 8;
    bits -= 8;
  }
  if (at < bytes.length) bytes[at] = held & 255;
  return bytes;
}
