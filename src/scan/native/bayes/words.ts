import type { Message, TextPart, Word } from '../../message/index.ts';
import { languageOf } from './language.ts';
import { stem } from './stem.ts';
import { addTokens, type OsbSettings, type StatWord, type Token } from './tokens.ts';

/** HTML and plain text that are so much alike are one text; per cent (rspamd: src/libstat/stat_process.c). */
const alike = 80;

/**
 * Tokens of a message: of its texts, of its subject and its sender's name, and of what is known about it
 * (rspamd: src/libstat/stat_process.c:rspamd_stat_process_tokenize).
 * @param about words about the message, byte strings
 * @param stopWords words that say nothing, in their normal form; byte strings
 */
export function messageTokens(
  message: Message,
  about: (languages: ReadonlyMap<TextPart, string>) => readonly string[],
  osb: OsbSettings,
  stopWords: ReadonlySet<string>,
): readonly Token[] {
  const tokens: Token[] = [];
  const languages = new Map(message.allTexts.map((part) => [part, languageOf(part)] as const));
  const stats = (words: readonly Word[], language: string): StatWord[] =>
    words.map((word) => statWord(word, language)).filter(({ bytes, kind }) => kind !== 'text' || !stopWords.has(bytes));
  const distance = message.partsDistance?.distance;
  for (const [part, language] of languages) {
    if (!part.isEmpty) addTokens(stats(part.words, language), osb, tokens);
    if (distance !== undefined && (1 - distance) * 100 > alike) break;
  }
  const [language = 'en'] = languages.values();
  addTokens(stats(message.metaWords, language), osb, tokens);
  addTokens(
    about(languages).map((bytes) => ({ bytes, kind: 'meta' })),
    osb,
    tokens,
  );
  return tokens;
}

function statWord({ kind, original, normal }: Word, language: string): StatWord {
  switch (kind) {
    case 'url':
      return { bytes: original, kind: 'url' };
    case 'raw':
      return { bytes: normal, kind: 'text' };
    default:
      return { bytes: stem(normal, language), kind: 'text' };
  }
}
