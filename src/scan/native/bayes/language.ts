import { franc } from 'franc-min';
import type { TextPart } from '../../message/index.ts';
import { toText } from '../../message/index.ts';

/** ISO 639-3, as the detector has it, to the two letters that Rspamd has. */
const twoLetters = new Map(
  'ara ar,bul bg,ces cs,dan da,deu de,ell el,eng en,fin fi,fra fr,hin hi,hrv hr,hun hu,ind id,ita it,nld nl,nob no,pol pl,por pt,ron ro,rus ru,slk sk,slv sl,spa es,srp sr,swe sv,tur tr,ukr uk,vie vi,cmn zh,jpn ja,kor ko'
    .split(',')
    .map((pair) => pair.split(' ') as [string, string]),
);

/** Texts of fewer words say too little (rspamd: src/libmime/lang_detection.c, short_text_limit). */
const fewWords = 10;
/** Characters that are looked at. */
const sample = 2000;

/** Several rules want to know, and telling takes long. */
const known = new WeakMap<TextPart, string>();

/** The language of a text, two letters; English where it cannot be told (rspamd: src/libmime/message.c). */
export function languageOf(part: TextPart): string {
  let language = known.get(part);
  if (language === undefined) {
    language = tellLanguage(part);
    known.set(part, language);
  }
  return language;
}

function tellLanguage(part: TextPart): string {
  const words = part.words.filter(({ kind }) => kind === 'text');
  if (words.length < fewWords) return 'en';
  const text = words.map(({ normal }) => toText(normal)).join(' ');
  return twoLetters.get(franc(text.slice(0, sample), { only: [...twoLetters.keys()] })) ?? 'en';
}
