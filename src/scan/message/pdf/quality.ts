import type { ByteString } from '../bytes.ts';
import { toText } from '../utf8.ts';

/** Shorter texts are always good enough (rspamd: lualib/lua_content/pdf.lua, text_quality_min_length). */
const minLength = 10;
/** rspamd: lualib/lua_content/pdf.lua, text_quality_threshold. */
const threshold = 0.4;

type CharacterKind = 'letter' | 'space' | 'printable' | 'other';

/** rspamd: src/lua/lua_util.c:lua_util_get_text_quality. */
function kindOf(c: string): CharacterKind {
  if (/\p{L}/u.test(c)) return 'letter';
  if (/\p{White_Space}/u.test(c)) return 'space';
  return /[\p{Nd}\p{P}\p{Emoji}]|[^\p{C}\p{Z}]/u.test(c) ? 'printable' : 'other';
}

const ofAscii = Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

/**
 * Whether a page looks like text that somebody can read, and not like numbers of glyphs
 * (rspamd: lualib/lua_content/pdf.lua:calculate_text_confidence).
 * @param bytes UTF-8
 */
export function looksLikeText(bytes: ByteString): boolean {
  if (bytes.length < minLength) return true;
  const counts = { letter: 0, space: 0, printable: 0, other: 0 };
  let words = 0;
  let wordLetters = 0;
  let run = 0;
  const endWord = (): void => {
    // One letter is no word.
    if (run >= 2) {
      words++;
      wordLetters += run;
    }
    run = 0;
  };
  let total = 0;
  for (const c of toText(bytes)) {
    const kind = ofAscii[c.charCodeAt(0)] ?? kindOf(c);
    counts[kind]++;
    total++;
    if (kind === 'letter') run++;
    else endWord();
  }
  endWord();
  const shown = total - counts.space;
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  const score =
    Math.min(ratio(total - counts.other, total) / 0.95, 1) * 0.25 +
    Math.min(ratio(counts.letter, shown) / 0.6, 1) * 0.2 +
    Math.min(ratio(wordLetters, shown) / 0.7, 1) * 0.25 +
    lengthScore(ratio(wordLetters, words)) * 0.15 +
    spaceScore(ratio(counts.space, total)) * 0.15;
  return score >= threshold;
}

/** Words usually have three to ten letters. */
function lengthScore(mean: number): number {
  if (mean >= 3 && mean <= 10) return 1;
  if (mean >= 2 && mean < 3) return 0.7;
  return mean > 10 && mean <= 15 ? 0.5 : 0.2;
}

/** One character in ten is a blank. */
function spaceScore(share: number): number {
  if (share >= 0.08 && share <= 0.25) return 1;
  if (share > 0.25 && share <= 0.4) return 0.6;
  return share > 0 && share < 0.08 ? 0.5 : 0.2;
}
