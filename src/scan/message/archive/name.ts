import type { ByteString } from '../bytes.ts';
import { convert } from '../charset/decode.ts';
import { charsetOfName } from '../charset/detect.ts';
import { toText } from '../utf8.ts';

export interface FileName {
  /** UTF-8. */
  readonly name: ByteString;
  readonly obfuscated: boolean;
}

/** The name of a file in an archive, whatever its charset (rspamd: src/libmime/archives.c:rspamd_archive_file_try_utf). */
export function readFileName(bytes: ByteString): FileName {
  const charset = charsetOfName(bytes);
  if (charset === undefined) {
    return {
      name: bytes.replace(/[^!-~]/g, '?'),
      obfuscated: /[\0-\x1f]/.test(bytes),
    };
  }
  const name = charset === 'UTF-8' ? bytes : convert(bytes, charset);
  if (name === undefined) return { name: bytes, obfuscated: true };
  return { name, obfuscated: hides(toText(name)) };
}

function hides(name: string): boolean {
  // What ICU takes for control characters, and zero width spaces are among them.
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name);
}
