import { readUtf8 } from '../../scan/index.ts';
import { scriptOf } from './characters.ts';

/** Counts of kinds of characters (rspamd: src/lua/lua_util.c:lua_util_get_text_quality). */
export function textQuality(bytes: string): Record<string, number> {
  const counts = {
    letters: 0,
    digits: 0,
    punctuation: 0,
    spaces: 0,
    printable: 0,
    words: 0,
    word_chars: 0,
    total: 0,
    emojis: 0,
    uppercase: 0,
    lowercase: 0,
    ascii_chars: 0,
    non_ascii_chars: 0,
    latin_vowels: 0,
    latin_consonants: 0,
    script_transitions: 0,
    double_spaces: 0,
    non_printable: 0,
  };
  let word = 0;
  let script: string | undefined;
  let afterSpace = false;
  const endWord = (): void => {
    if (word >= 2) {
      counts.words++;
      counts.word_chars += word;
    }
    word = 0;
  };
  for (let at = 0; at < bytes.length; ) {
    const read = readUtf8(bytes, at);
    at += read < 0 ? -read : read & 7;
    counts.total++;
    if (read < 0) {
      counts.non_printable++;
      endWord();
      script = undefined;
      afterSpace = false;
      continue;
    }
    const code = read >>> 3;
    const char = String.fromCodePoint(code);
    if (code <= 127) counts.ascii_chars++;
    else counts.non_ascii_chars++;
    const wasSpace = afterSpace;
    afterSpace = false;
    if (/\p{L}/u.test(char)) {
      counts.letters++;
      counts.printable++;
      word++;
      if (/\p{Lu}/u.test(char)) counts.uppercase++;
      else if (/\p{Ll}/u.test(char)) counts.lowercase++;
      const own = scriptOf(char);
      if (own === 'Latin' && /[aeiou]/i.test(char)) counts.latin_vowels++;
      else if (own === 'Latin') counts.latin_consonants++;
      if (script !== undefined && own !== undefined && own !== script) counts.script_transitions++;
      script = own ?? script;
      continue;
    }
    endWord();
    if (/\p{Nd}/u.test(char)) {
      counts.digits++;
    } else if (/\p{White_Space}/u.test(char)) {
      counts.spaces++;
      if (wasSpace) counts.double_spaces++;
      afterSpace = true;
    } else if (/\p{P}/u.test(char)) {
      counts.punctuation++;
    } else if (/\p{Emoji}/u.test(char)) {
      counts.emojis++;
      script = undefined;
    } else if (/[\p{C}\p{Z}]/u.test(char)) {
      counts.non_printable++;
      continue;
    }
    counts.printable++;
  }
  endWord();
  return counts;
}
