import { has8Bit, type TextPart, type Word } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { languageOf } from '../bayes/index.ts';
import { looksLatin } from './lookalikes.ts';

export interface CharsetSettings {
  readonly symbol: string;
  /** How bad words have to be on average. */
  readonly threshold: number;
  /** Longer words do not count. */
  readonly maxWordLength: number;
}

/** rspamd: src/plugins/chartable.cxx */
export const stockCharsetSettings: CharsetSettings = { symbol: 'R_MIXED_CHARSET', threshold: 0.1, maxWordLength: 10 };

/** No word is worse. */
const worst = 4;
/** What the subject alone may come to. */
const mostOfSubject = 0.25;

/** Words that mix letters of scripts which look alike (rspamd: src/plugins/chartable.cxx). */
export function charsetRule({ symbol, threshold, maxWordLength }: CharsetSettings = stockCharsetSettings): Rule {
  return {
    name: symbol,
    stage: 'filter',
    symbols: {
      [symbol]: { score: 5, description: 'Words with letters of several scripts', groups: ['headers'], oneShot: true },
    },
    run: (task) => {
      const { allTexts, metaWords } = task.message;
      let plain: Judging['plain'] = () => false;
      let anyPart = false;
      for (const part of allTexts) {
        if (part.words.length > 0) plain = () => isPlainLanguage(part);
        const mean = meanOf(part.words, part.words.length, { maxWordLength, plain });
        if (mean <= threshold) continue;
        anyPart = true;
        task.insert(symbol, mean);
      }
      if (metaWords.length === 0) return;
      const mean = meanOf(metaWords, metaWords.length + 1, { maxWordLength, plain });
      if (mean > threshold) task.insert(symbol, anyPart ? mean : Math.min(mostOfSubject, mean), ['subject']);
    },
  };
}

interface Judging {
  readonly maxWordLength: number;
  /** The language has no marks on its letters. Asked for only where there are some, as telling languages takes long. */
  readonly plain: () => boolean;
}

/** Languages that have marks on their letters (rspamd: share/languages, flag `diacritics`). */
const marked = new Set([
  'cs',
  'da',
  'de',
  'es',
  'fi',
  'fr',
  'hu',
  'it',
  'no',
  'pl',
  'pt',
  'ro',
  'sl',
  'sv',
  'tr',
  'vi',
]);

function isPlainLanguage(part: TextPart): boolean {
  return !marked.has(languageOf(part));
}

function meanOf(words: readonly Word[], count: number, judging: Judging): number {
  const sum = words.reduce((total, word) => total + badnessOf(word, judging), 0);
  return count === 0 ? 0 : Math.min(1, sum / count);
}

function badnessOf({ kind, normal }: Word, judging: Judging): number {
  if (kind === 'url') return 0;
  return kind === 'raw' ? badnessOfBytes(normal, judging) : badnessOfText(normal, judging);
}

type State = 'start' | 'letter' | 'digit' | 'other';

/** @param word UTF-8 */
function badnessOfText(word: string, { maxWordLength, plain }: Judging): number {
  if (!has8Bit(word)) return 0;
  const text = Buffer.from(word, 'latin1').toString();
  let badness = 0;
  let state: State = 'start';
  let before: State = 'start';
  let isLatin = true;
  let run = 0;
  let special = 0;
  let length = 0;
  for (const c of text) {
    const code = c.codePointAt(0) as number;
    length++;
    if (isSpecial(code, c)) special++;
    if (/\p{L}/u.test(c)) {
      const latin = isLatinBlock(code);
      if (state === 'digit') {
        if (!latin && before !== 'start') badness += 0.25;
      } else if (state === 'letter') {
        if (run === 0) {
          isLatin = latin;
          run = 1;
        } else if (!latin && isLatin) {
          if (looksLatin(code)) badness += 1 / run;
          isLatin = false;
          run = 1;
        } else {
          run++;
        }
      }
      before = state;
      state = 'letter';
    } else {
      const next: State = /\p{Nd}/u.test(c) ? 'digit' : 'other';
      if (state !== next) before = state;
      state = next;
      run = 0;
    }
  }
  if (special > 0 && plain()) badness += special;
  return length > maxWordLength ? 0 : Math.min(worst, badness);
}

/** Latin, phonetic, modifying and combining characters. */
function isLatinBlock(code: number): boolean {
  return code <= 0x36f || (code >= 0x1e00 && code <= 0x1eff);
}

function isSpecial(code: number, c: string): boolean {
  return /\p{Mn}/u.test(c) || (code >= 0x80 && code <= 0x24f) || (code >= 0x1e00 && code <= 0x1eff);
}

/** Of a word in an unknown charset. */
function badnessOfBytes(word: string, { maxWordLength }: Judging): number {
  if (word.length > maxWordLength) return 0;
  let badness = 0;
  let state: State = 'start';
  let isHigh = false;
  let run = 0;
  let anyLetter = false;
  for (const c of word) {
    const high = c > '\x7f';
    if (!high && !/[A-Za-z]/.test(c)) {
      state = /\d/.test(c) ? 'digit' : 'other';
      run = 0;
      continue;
    }
    if (state === 'digit') {
      if (anyLetter && !/[0-9A-Fa-f]/.test(c)) badness += 0.25;
    } else if (state === 'letter') {
      if (run > 0 && high !== isHigh) {
        badness += 1 / run;
        run = 1;
      } else {
        run++;
      }
      isHigh = high;
    }
    anyLetter = true;
    state = 'letter';
  }
  return Math.min(worst, badness);
}
