import { type ByteString, hexValue } from './bytes.ts';

/** Bytes that came out of an encoding; `clean` when it had no fault. */
export interface Decoded {
  readonly bytes: Buffer;
  readonly clean: boolean;
}

const EQUALS = 0x3d;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Quoted-printable (RFC 2045, 6.7). What is no escape stays as it stands
 * (rspamd: src/libutil/str_util.c:rspamd_decode_qp_buf).
 */
export function decodeQuotedPrintable(text: ByteString): Buffer {
  if (!text.includes('=')) return Buffer.from(text, 'latin1');
  const out = Buffer.allocUnsafe(text.length);
  let length = 0;
  let at = 0;
  const end = text.length;
  while (at < end) {
    const next = text.indexOf('=', at);
    const plain = next < 0 ? end : next;
    length += out.write(text.slice(at, plain), length, 'latin1');
    if (plain + 1 >= end) {
      if (plain < end) out[length++] = EQUALS;
      break;
    }
    const first = text.charCodeAt(plain + 1);
    at = plain + 2;
    const high = hexValue(first);
    if (high >= 0) {
      if (at >= end) break; // half an escape at the very end is lost
      const second = text.charCodeAt(at++);
      const low = hexValue(second);
      if (low >= 0) {
        out[length++] = high * 16 + low;
      } else {
        out[length++] = EQUALS;
        out[length++] = first;
        out[length++] = second;
      }
    } else if (first === CR) {
      if (text.charCodeAt(at) === LF) at++;
    } else if (first !== LF) {
      out[length++] = EQUALS;
      out[length++] = first;
    }
  }
  return out.subarray(0, length);
}

/**
 * The Q encoding of header words (RFC 2047, 4.2); digits that are none count as zero
 * (rspamd: src/libutil/str_util.c:rspamd_decode_qp2047_buf).
 */
export function decodeQ(text: ByteString): ByteString {
  let out = '';
  let at = 0;
  const end = text.length;
  while (at < end) {
    const byte = text.charCodeAt(at++);
    if (byte === 0x5f) {
      out += ' ';
    } else if (byte !== EQUALS) {
      out += String.fromCharCode(byte);
    } else if (at >= end) {
      out += '=';
    } else {
      const first = text.charCodeAt(at++);
      if (first === CR || first === LF) {
        while (text.charCodeAt(at) === CR || text.charCodeAt(at) === LF) at++;
      } else if (at < end) {
        const digits = Math.max(0, hexValue(first)) * 16 + Math.max(0, hexValue(text.charCodeAt(at++)));
        out += String.fromCharCode(digits);
      }
    }
  }
  return out;
}

const base64Values = new Uint8Array(256).fill(255);
for (const [value, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  base64Values[c.charCodeAt(0)] = value;
const PADDING = 254;
base64Values[EQUALS] = PADDING;

/**
 * Base 64 (RFC 2045, 6.8) past any garbage. `clean` is false where garbage stands at the end or behind the padding
 * (rspamd: src/libcryptobox/base64/ref.c).
 */
export function decodeBase64(text: ByteString): Decoded {
  const out = Buffer.allocUnsafe(Math.ceil(text.length / 4) * 3);
  const end = text.length;
  let length = 0;
  let held = 0;
  let phase = 0;
  let at = 0;
  while (at < end) {
    const value = base64Values[text.charCodeAt(at++)] as number;
    if (value < 64) {
      if (phase > 0) out[length++] = ((held << (phase * 2)) | (value >> (6 - phase * 2))) & 0xff;
      held = value;
      phase = (phase + 1) & 3;
      continue;
    }
    if (value === PADDING) {
      if (at === end && phase >= 2) break;
      if (phase === 2) {
        // The byte behind the first of two paddings is taken with it, whatever it is.
        phase = 0;
        if (base64Values[text.charCodeAt(at++)] === PADDING && at === end) break;
      }
    }
    while (at < end && (base64Values[text.charCodeAt(at)] as number) >= 64) at++;
    if (at >= end) return { bytes: out.subarray(0, length), clean: false };
  }
  return { bytes: out.subarray(0, length), clean: true };
}

/** As `decodeBase64`, by the machine's own decoder where that comes to the same bytes. */
export function decodeBase64Body(text: ByteString): Buffer {
  // Node takes the letters of the URL form too, and ends at the first padding.
  const padding = text.indexOf('=');
  const plain = (padding < 0 || /^=[=\s]*$/.test(text.slice(padding, padding + 64))) && !/[-_]/.test(text);
  return plain && (padding < 0 || padding + 64 > text.length) ? Buffer.from(text, 'base64') : decodeBase64(text).bytes;
}

/**
 * Uuencode, traditional or base 64.
 * @returns undefined where the text is not in that form (rspamd: src/libutil/str_util.c:rspamd_decode_uue_buf)
 */
export function decodeUu(text: ByteString): Buffer | undefined {
  const start = /^[\r\n]*(begin(-base64)? )[^\r\n]*[\r\n]*/.exec(text);
  const skipped = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
  if (start === null || text.length - skipped < 'begin-base64 '.length + 1) return undefined;
  const body = text.slice(start[0].length);
  if (start[2] === undefined) return decodeUuLines(body);
  const { bytes, clean } = decodeBase64(body);
  return clean ? bytes : undefined;
}

function decodeUuLines(text: ByteString): Buffer | undefined {
  const out: number[] = [];
  for (const [line] of text.matchAll(/[^\r\n]+/g)) {
    let left = (line.charCodeAt(0) - 0x20) & 0x3f;
    if (left === 0) break;
    for (let at = 1; left > 0 && at < line.length; at += 4, left -= 3) {
      const group = [0, 1, 2, 3].map((i) => line.charCodeAt(at + i) - 0x20);
      const wanted =
        left >= 3 && at + 3 < line.length ? 4 : left >= 2 && at + 2 < line.length ? 3 : at + 1 < line.length ? 2 : 0;
      if (group.slice(0, wanted).some((value) => value < 0 || value > 0x40)) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = group.map((value) => value & 0x3f);
      if (wanted >= 2) out.push(((a << 2) | (b >> 4)) & 0xff);
      if (wanted >= 3) out.push(((b << 4) | (c >> 2)) & 0xff);
      if (wanted >= 4) out.push(((c << 6) | d) & 0xff);
    }
  }
  return Buffer.from(out);
}
