import type { moduleTables, Settings } from '../../../config/index.ts';
import { type ByteString, decodeEntities, toText } from '../../message/index.ts';
import type { MapReader } from '../../native/index.ts';
import type { Rule } from '../../rule.ts';
import { symbol } from '../check.ts';

type Options = Settings<typeof moduleTables.url_suspect>['checks']['obfuscated_text'];

/** As options name them. */
type Disguise = keyof Options['patterns_enabled'];

/** What symbols call those that options call otherwise. */
const shownNames: Readonly<Partial<Record<Disguise, string>>> = { word_dots: 'word_dot', html_entities: 'html_entity' };

/** Ways to write a URL so that no program takes it for one. */
const disguises: ReadonlyArray<readonly [name: Disguise, pattern: RegExp]> = [
  ['spaced_protocol', /h\s{1,16}t\s{1,16}t\s{1,16}p\s{0,16}s?\s{0,16}[:/]/gi],
  ['hxxp', /hxxps?:\/\//gi],
  ['bracket_dots', /[[({]\s{0,16}\.\s{0,16}[\])}]/g],
  ['html_entities', /&#\d{2,3};[^&]{0,20}&#\d{2,3};/g],
];

/** What the writer meant; rspamd: src/plugins/lua/url_suspect.lua:normalize_obfuscated_text */
function plain(window: ByteString): string {
  return decodeEntities(window.replace(/[\xe2\x80\x8b\x8c\x8d\xef\xbb\xbf\xc2\xad]/g, ''))
    .replace(/h\s+t\s+t\s+p\s*s?\s*:\s*\/\s*\//gi, 'https://')
    .replace(/hxxps?/gi, 'http')
    .replace(/[[({]\s*\.\s*[\])}]/g, '.')
    .replace(/\s+dot\s+/gi, '.')
    .replace(/\s+/g, ' ')
    .replace(/\/+/g, '/')
    .trim();
}

/** The first name in a text that can be that of a host. */
function hostIn(text: string, disguise: Disguise): string | undefined {
  const name = /[A-Za-z0-9][A-Za-z0-9-]+\.[A-Za-z][A-Za-z0-9.-]+/.exec(text)?.[0];
  const end = name === undefined ? undefined : /\.([A-Za-z][A-Za-z0-9-]*)$/.exec(name)?.[1];
  if (name === undefined || end === undefined) return undefined;
  // Suffixes of two letters are words of a sentence too.
  const fewest = disguise === 'word_dots' ? 3 : 2;
  return end.length >= fewest && end.length <= 10 && name.split('.').length <= 5 ? name : undefined;
}

interface Match {
  readonly disguise: Disguise;
  readonly start: number;
  readonly end: number;
}

function* matchesIn(text: ByteString, isOn: (disguise: Disguise) => boolean): Iterable<Match> {
  for (const [disguise, pattern] of disguises) {
    if (disguise === 'html_entities' && isOn('word_dots')) yield* dotsInWords(text);
    if (!isOn(disguise)) continue;
    for (const match of text.matchAll(pattern))
      yield { disguise, start: match.index, end: match.index + match[0].length };
  }
}

/** A word counts once for each of its letters, as the engine of the original reports it. */
function* dotsInWords(text: ByteString): Iterable<Match> {
  const pattern = /dot\s{1,16}(\w{1,64})/gi;
  let last = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const before = /\w{1,64}\s{1,16}$/.exec(text.slice(Math.max(last, match.index - 80), match.index))?.[0];
    if (before === undefined) {
      pattern.lastIndex = match.index + 3;
      continue;
    }
    last = pattern.lastIndex;
    const times = (match[1] as string).length;
    for (let less = times - 1; less >= 0; less--)
      yield { disguise: 'word_dots', start: match.index - before.length, end: last - less };
  }
}

/** URLs that are written so that only people can read them. */
export function obfuscated(options: Options, maps: MapReader): Rule {
  const { pattern_map: names, patterns_enabled: switches, min_match_length: shortest } = options;
  const isNamed = names === undefined ? undefined : maps.names(names);
  const isOn = (disguise: Disguise): boolean => isNamed?.(disguise) ?? switches[disguise];
  return {
    name: 'URL_OBFUSCATED_TEXT',
    stage: 'prefilter',
    symbols: { URL_OBFUSCATED_TEXT: symbol(5, 'url', 'A URL is written so that no program takes it for one') },
    run: ({ message, results }) => {
      let matches = 0;
      let urls = 0;
      for (const { content } of message.textParts) {
        for (const { disguise, start, end } of matchesIn(content, isOn)) {
          if (++matches > options.max_matches_per_message || urls >= options.max_extracted_urls) return;
          const from = Math.max(0, start - options.context_before);
          const window = content.slice(
            from,
            Math.min(content.length, end + options.context_after, from + options.max_normalize_length),
          );
          const text = window.length < shortest ? '' : plain(window);
          const host = text.length < shortest ? undefined : hostIn(text, disguise);
          if (host === undefined || message.addUrl(`http://${host}`, 'obscured') === undefined) continue;
          urls++;
          results.insert('URL_OBFUSCATED_TEXT', 1, [
            `type=${shownNames[disguise] ?? disguise}`,
            `url=${`http://${host}`.slice(0, 50)}`,
            `orig=${toText(window.slice(0, 50)).replace(/\s+/g, ' ')}`,
          ]);
        }
      }
    },
  };
}
