import type { ByteString } from './bytes.ts';
import { readHtml } from './html/html.ts';
import { splitWords, WordBudget } from './text/words.ts';
import { UrlSet } from './url/set.ts';
import type { PublicSuffixes } from './url/suffixes.ts';

/** The text of an HTML document that belongs to no message. @param html UTF-8 */
export function htmlText(html: ByteString, suffixes: PublicSuffixes): ByteString {
  const context = { urls: new UrlSet(), suffixes, budget: { used: 0 }, senderDomain: '', nextOrder: 0 };
  return readHtml(html, context).document.text;
}

/**
 * The words of a text that belongs to no message.
 * @param text UTF-8
 * @param exceptions pieces that are one word each, by their offset
 */
export function wordsOf(
  text: ByteString,
  exceptions: readonly { readonly offset: number; readonly length: number }[] = [],
): ByteString[] {
  const pieces = exceptions.map((one) => ({ ...one, url: undefined }));
  return splitWords(text, true, pieces, new WordBudget()).map((word) => word.original);
}
