import { type ByteString, has8Bit } from '../bytes.ts';
import { codePointSet } from '../code-points.ts';
import { fromText, isValidUtf8, lowerUtf8, toText } from '../utf8.ts';
import { isUnassigned } from './unassigned.ts';

/**
 * A host name as IDNA 2003 compares it (RFC 3491, nameprep), in no more bytes and UTF-16 units than before
 * (rspamd: src/libserver/url.c:rspamd_url_parse).
 * @param host UTF-8
 * @returns undefined for a name with characters that host names may not have
 */
export function prepareHost(host: ByteString): ByteString | undefined {
  if (!has8Bit(host)) return host.toLowerCase();
  if (!isValidUtf8(host)) return undefined;
  const text = toText(host);
  let mapped = '';
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number;
    if (isUnassigned(codePoint)) return undefined;
    if (!isNothing(codePoint)) mapped += folded(character);
  }
  const normal = mapped.normalize('NFKC');
  const characters = [...normal];
  if (normal.length > text.length || characters.some((character) => isProhibited(character.codePointAt(0) as number)))
    return undefined;
  if (!isOneDirection(characters)) return undefined;
  const bytes = fromText(normal);
  return bytes.length > host.length ? undefined : lowerUtf8(bytes);
}

/** Mapped to nothing (RFC 3454, table B.1). */
const isNothing = codePointSet('ad 34f 1806 180b-180d 200b-200d 2060 fe00-fe0f feff');

/** RFC 3454, tables C.1.2, C.2.2 and C.3 to C.9. */
const isProhibited = codePointSet(`
  80-a0 340-341 6dd 70f 1680 180e 2000-200f 2028-202f 205f-2063 206a-206f 2ff0-2ffb 3000 d800-f8ff fdd0-fdef feff
  fff9-ffff 1d173-1d17a e0001 e0020-e007f f0000-10ffff
`);

/** Case folding (RFC 3454, table B.2) of one character; the dotless i stays as it is. */
function folded(character: string): string {
  if (character < '\x80') return character.toLowerCase();
  return character === 'ı' ? character : character.toUpperCase().toLowerCase();
}

/** Letters that run from right to left (RFC 3454, table D.1). */
const isRightToLeft = codePointSet(`
  5be 5c0 5c3 5d0-5ea 5f0-5f4 61b 61f 621-63a 640-64a 66d-66f 671-6d5 6dd 6e5-6e6 6fa-6fe 700-70d 710 712-72c 780-7a5
  7b1 200f fb1d fb1f-fb28 fb2a-fb36 fb38-fb3c fb3e fb40-fb41 fb43-fb44 fb46-fbb1 fbd3-fd3d fd50-fd8f fd92-fdc7
  fdf0-fdfc fe70-fe74 fe76-fefc
`);

/** A name has letters of one direction only, and where they run from the right, at both its ends (RFC 3454, section 6). */
function isOneDirection(characters: readonly string[]): boolean {
  const fromRight = characters.map((character) => isRightToLeft(character.codePointAt(0) as number));
  if (!fromRight.includes(true)) return true;
  if (characters.some((character, i) => fromRight[i] !== true && /[\p{L}\p{Mc}\p{Nl}]/u.test(character))) return false;
  return fromRight[0] === true && fromRight[fromRight.length - 1] === true;
}
