/** Room for the text of one word; with `=?UTF-8?Q?` and `?=` at most 76 characters. */
const room = 64;

/** What has to be encoded: from the first such character of a word to the last one, and the letters after it. */
const foreign = /([ \t]+(?=[^\0-\x7f]))?([^\0-\x7f](?:[^\s()]*[^\0-\x7f])?[A-Za-z0-9]*)/g;

/** Characters outside of ASCII as words of RFC 2047; all else stays (rspamd: src/libmime/mime_headers.c:rspamd_mime_header_encode). */
export function encodedWords(text: string): string {
  return text.replace(foreign, (_, space: string | undefined, word: string) => encode(`${space ?? ''}${word}`));
}

/** Neighbours are kept apart by a space, which is no part of the text (RFC 2047, 2). */
function encode(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    const piece = encodedCharacter(character);
    if (word.length + piece.length > room) {
      words.push(word);
      word = '';
    }
    word += piece;
  }
  return [...words, word].map((each) => `=?UTF-8?Q?${each}?=`).join(' ');
}

function encodedCharacter(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  if (character === ' ') return '_';
  return [...Buffer.from(character)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
