import type { TextPart } from './part.ts';

/** More words than that are not compared. */
const maxWords = 8192;

/**
 * The distance between the words of two texts as the original works it out: to add or drop a word costs 1, to put one in
 * the place of another nothing, and 2 where both are the same (rspamd: src/libmime/message.c:
 * rspamd_words_levenshtein_distance).
 */
export function wordDistance(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length > maxWords) return Math.abs(a.length - b.length);
  const numbers = new Map<string, number>();
  const numbered = (words: readonly string[]) =>
    Int32Array.from(words, (word) => {
      const number = numbers.get(word) ?? numbers.size;
      numbers.set(word, number);
      return number;
    });
  const [first, second] = [numbered(a), numbered(b)];
  const column = Int32Array.from({ length: a.length + 1 }, (_, i) => i);
  for (let x = 1; x <= second.length; x++) {
    let diagonal = x - 1;
    column[0] = x;
    for (let y = 1; y <= first.length; y++) {
      const old = column[y] as number;
      const kept = diagonal + (first[y - 1] === second[x - 1] ? 2 : 0);
      column[y] = Math.min(old + 1, (column[y - 1] as number) + 1, kept);
      diagonal = old;
    }
  }
  return column[first.length] as number;
}

/** Of an HTML text and its plain form. */
export interface PartsDistance {
  /** 0 to 1. */
  readonly distance: number;
  /** Words of both. */
  readonly words: number;
}

/** Compares the first HTML text that has a plain form with it (rspamd: src/libmime/message.c:rspamd_message_process). */
export function partsDistance(texts: readonly TextPart[]): PartsDistance | undefined {
  const html = texts.find((text) => text.isHtml && !text.isAttachment && text.alternative !== undefined);
  if (html?.alternative === undefined) return undefined;
  const [a, b] = [html, html.alternative].map(comparableWords) as [string[], string[]];
  const words = a.length + b.length;
  // A text without words is as far as can be from one with words.
  if (html.isEmpty || html.alternative.isEmpty) {
    return a.length > 0 === b.length > 0 ? undefined : { distance: 1, words };
  }
  return words === 0 ? undefined : { distance: wordDistance(a, b) / words, words };
}

function comparableWords(text: TextPart): string[] {
  return text.words.flatMap(({ normal }) => (normal === '' ? [] : [normal]));
}
