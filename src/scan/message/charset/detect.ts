import { analyse } from 'chardet';
import type { ByteString } from '../bytes.ts';
import { isValidUtf8 } from '../utf8.ts';

/** Longer texts are judged by their start, middle and end: statistics take a millisecond for each kilobyte. */
const sampleLength = 256;
/** Shorter ones tell nothing. */
const minLength = 16;
/** Where nothing tells of another charset. */
const usual = 'windows-1252';

/**
 * @param bytes no UTF-8
 * @returns a charset name that nobody declared, guessed from the bytes; undefined where there is no guess
 */
export function charsetOfText(bytes: ByteString): string | undefined {
  const sample = sampleOf(bytes);
  if (isBinary(sample)) return undefined;
  if (sample.length < minLength) return usual;
  const best = analyse(Buffer.from(sample, 'latin1')).find(({ name }) => name !== 'ASCII');
  if (best === undefined) return usual;
  // That it is not; but where it is nearly, any other charset would make nonsense of it.
  return best.name === 'UTF-8' ? undefined : best.name;
}

/** The same for a name, of which there may be many, and too short for statistics. */
export function charsetOfName(bytes: ByteString): string | undefined {
  if (isValidUtf8(bytes)) return 'UTF-8';
  return isBinary(bytes) ? undefined : usual;
}

function isBinary(bytes: ByteString): boolean {
  return /[\0-\x08\x0e-\x1a]/.test(bytes);
}

function sampleOf(bytes: ByteString): ByteString {
  if (bytes.length <= 3 * sampleLength) return bytes;
  const middle = (bytes.length - sampleLength) >> 1;
  return bytes.slice(0, sampleLength) + bytes.slice(middle, middle + sampleLength) + bytes.slice(-sampleLength);
}
