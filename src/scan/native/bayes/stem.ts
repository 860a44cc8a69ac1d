import snowball from 'snowball-stemmers';
import { fromText, toText } from '../../message/index.ts';

interface Stemmer {
  stem(word: string): string;
}

/** Languages with a stemmer, by the two letters that Rspamd has. */
const algorithms = new Map(
  'da danish,de german,en english,es spanish,fi finnish,fr french,hu hungarian,it italian,nl dutch,no norwegian,pt portuguese,ro romanian,ru russian,sv swedish,tr turkish'
    .split(',')
    .map((pair) => pair.split(' ') as [string, string]),
);

const stemmers = new Map<string, Stemmer>();

/** The stem of a word in its normal form; the word itself in a language without a stemmer. Both UTF-8. */
export function stem(word: string, language: string): string {
  const algorithm = algorithms.get(language);
  if (algorithm === undefined || word === '') return word;
  let stemmer = stemmers.get(algorithm);
  if (stemmer === undefined) {
    stemmer = snowball.newStemmer(algorithm);
    stemmers.set(algorithm, stemmer);
  }
  return fromText(stemmer.stem(toText(word)));
}
