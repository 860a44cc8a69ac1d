import type { ByteString } from '../bytes.ts';
import { isValidUtf8 } from '../utf8.ts';

/** @returns a charset name that nobody declared, guessed from the bytes; undefined where there is no guess */
export function detectCharset(bytes: ByteString, mayBeUtf8: boolean): string | undefined {
  return mayBeUtf8 && isValidUtf8(bytes) ? 'UTF-8' : undefined;
}
