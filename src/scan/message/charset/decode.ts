import iconv from 'iconv-lite';
import type { ByteString } from '../bytes.ts';
import { isValidUtf8 } from '../utf8.ts';
import { decoderOf } from './names.ts';
import { hzToEuc, iso2022KrToEuc } from './shifted.ts';

/**
 * Bytes of a charset as UTF-8; what the charset has no character for becomes U+FFFD. Text that is declared UTF-8 or
 * ASCII comes back as it is, valid or not (rspamd: src/libmime/mime_encoding.c:rspamd_mime_to_utf8_byte_array).
 * @param charset canonical name, undefined for one that nobody knows
 * @returns undefined where the bytes cannot be read
 */
export function toUtf8(bytes: ByteString, charset: string | undefined): ByteString | undefined {
  if (charset === undefined) return isValidUtf8(bytes) ? bytes : undefined;
  if (isUtf8Compatible(charset)) return bytes;
  return convert(bytes, charset);
}

/** A charset name that is taken for UTF-8 (rspamd: mime_encoding.c, utf_compatible_re; its anchors bind like that). */
export function isUtf8Compatible(charset: string): boolean {
  return /^(?:utf-?8.*)|(?:us-ascii)|(?:ascii)|(?:ansi.*)|(?:CSASCII)$/i.test(charset);
}

/**
 * @param charset canonical name
 * @returns UTF-8, undefined for a charset without a decoder
 */
export function convert(bytes: ByteString, charset: string): ByteString | undefined {
  const text = toText(bytes, charset);
  return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('latin1');
}

function toText(bytes: ByteString, charset: string): string | undefined {
  const decoder = decoderOf(charset);
  if (decoder === undefined) return undefined;
  if (decoder.startsWith('icu:')) return icu(decoder.slice(4)).decode(Buffer.from(bytes, 'latin1'));
  if (decoder.startsWith('iconv:'))
    return iconv.decode(Buffer.from(bytes, 'latin1'), decoder.slice(6), { stripBOM: false });
  switch (decoder) {
    case 'latin1':
      return bytes;
    case 'windows-1252':
      return bytes.replace(/[\x80-\x9f]/g, (c) => windows1252[c.charCodeAt(0) - 0x80] as string);
    case 'hz':
      return icu('gbk').decode(Buffer.from(hzToEuc(bytes), 'latin1'));
    case 'iso-2022-kr':
      return icu('euc-kr').decode(Buffer.from(iso2022KrToEuc(bytes), 'latin1'));
    case 'utf-16':
      return icu(bytes.startsWith('\xff\xfe') ? 'utf-16le' : 'utf-16be').decode(Buffer.from(bytes, 'latin1'));
    default:
      return Buffer.from(bytes, 'latin1').toString('utf8');
  }
}

/** 0x80 to 0x9f; the five bytes without a character stay what they are. */
const windows1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function icu(label: string): InstanceType<typeof TextDecoder> {
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label);
    decoders.set(label, decoder);
  }
  return decoder;
}
