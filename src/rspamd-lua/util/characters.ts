import { readUtf8 } from '../../scan/index.ts';

/** The characters of UTF-8 with their offsets; code -1 for bytes that are none. */
export function* characters(bytes: string): Generator<{ readonly code: number; readonly at: number }> {
  for (let at = 0; at < bytes.length; ) {
    const read = readUtf8(bytes, at);
    yield { code: read < 0 ? -1 : read >>> 3, at };
    at += read < 0 ? -read : read & 7;
  }
}

/** Scripts that have letters; a character of none of them is common to all. */
const scripts = [
  'Latin Cyrillic Greek Han Hiragana Katakana Hangul Arabic Hebrew Thai Devanagari Armenian Georgian Bengali Gurmukhi',
  'Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Lao Tibetan Myanmar Ethiopic Cherokee Khmer Mongolian Syriac',
  'Thaana Bopomofo Yi Coptic Gothic Runic Ogham Canadian_Aboriginal Braille Tifinagh Glagolitic Nko Vai Javanese',
]
  .join(' ')
  .split(' ')
  .map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const);

/** The script of a character; undefined for one that all use. */
export function scriptOf(char: string): string | undefined {
  if (/[\p{Script=Common}\p{Script=Inherited}]/u.test(char)) return undefined;
  return scripts.find(([, expression]) => expression.test(char))?.[0] ?? 'other';
}
