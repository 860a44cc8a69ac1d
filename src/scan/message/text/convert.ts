import { type ByteString, has8Bit } from '../bytes.ts';
import { convert, isUtf8Compatible } from '../charset/decode.ts';
import { charsetOfText } from '../charset/detect.ts';
import { canonicalCharset } from '../charset/names.ts';
import { enforceUtf8, isValidUtf8 } from '../utf8.ts';

/** Text of a part. */
export interface ConvertedText {
  /** UTF-8, or the bytes of the part where nobody can read them. */
  readonly bytes: ByteString;
  readonly isUtf8: boolean;
  /** The charset that the bytes were taken for; undefined where it is not known. */
  readonly charset: string | undefined;
}

const utf8 = 'UTF-8';

/**
 * The content of a text part as UTF-8 (rspamd: src/libmime/mime_encoding.c:rspamd_mime_text_part_maybe_convert).
 * @param label charset that the part declares; empty where it declares none
 */
export function convertText(bytes: ByteString, label: ByteString): ConvertedText {
  const valid = !has8Bit(bytes) || isValidUtf8(bytes);
  const declared = label === '' ? undefined : canonicalCharset(label);
  if (declared === undefined) {
    if (valid) return { bytes, isUtf8: true, charset: utf8 };
    return convertFrom(bytes, charsetOfText(bytes));
  }
  if (!isUtf8Compatible(declared)) return convertFrom(bytes, declared);
  if (valid) return { bytes, isUtf8: true, charset: utf8 };
  const guess = charsetOfText(bytes);
  if (guess === undefined) return { bytes: enforceUtf8(bytes), isUtf8: true, charset: utf8 };
  if (isUtf8Compatible(guess)) return { bytes, isUtf8: true, charset: utf8 };
  return convertFrom(bytes, guess);
}

function convertFrom(bytes: ByteString, charset: string | undefined): ConvertedText {
  if (charset === undefined) return { bytes, isUtf8: false, charset };
  if (isUtf8Compatible(charset)) return { bytes, isUtf8: true, charset: utf8 };
  const canonical = canonicalCharset(charset) ?? charset;
  const converted = convert(bytes, canonical);
  return converted === undefined
    ? { bytes, isUtf8: false, charset }
    : { bytes: converted, isUtf8: true, charset: canonical };
}
