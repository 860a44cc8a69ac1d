import type { Message, MimePart, TextPart } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { languageOf, stem } from '../bayes/index.ts';
import { bytesHash, usualKey } from './digest.ts';
import { htmlHash } from './html.ts';
import type { FuzzyRuleSettings, PartSettings } from './settings.ts';
import type { Shingler } from './shingles.ts';

/** `html`: how a document is built; `htmlDomains`: and where its links go, for a rule that asks for both. */
export type HashKind = 'text' | 'html' | 'htmlDomains' | 'image' | 'other';

/** A hash of a part. */
export interface PartHash {
  readonly part: MimePart;
  readonly kind: HashKind;
  readonly digest: Buffer;
  /** Of a text that is long enough. */
  readonly shingles: Buffer | undefined;
}

const asian = new Set(['ja', 'zh', 'ko']);

/**
 * Hashes of the parts of a message that a rule looks at, none twice but for those of HTML
 * (rspamd: src/plugins/fuzzy_check.c:fuzzy_generate_commands).
 */
export function hashesOf(task: Task, rule: FuzzyRuleSettings, shingler: Shingler): readonly PartHash[] {
  const { message } = task;
  const hashes: PartHash[] = [];
  const seen = new Set<string>();
  const bad = badParts(task);
  for (const part of message.parts)
    for (const hash of hashesOfPart(part, message, rule, bad, shingler)) {
      const key = hash.digest.toString('latin1');
      if (seen.has(key) && !isOfHtml(hash)) continue;
      seen.add(key);
      hashes.push(hash);
    }
  return hashes;
}

function isOfHtml({ kind }: PartHash): boolean {
  return kind === 'html' || kind === 'htmlDomains';
}

/** Parts whose type is a lie, as the check of MIME types found. */
function badParts(task: Task): ReadonlySet<number> {
  const options = task.results.symbols.get('MIME_TRACE')?.options ?? [];
  return new Set([...options].flatMap((option) => (/^\d+:-/.test(option) ? [Number.parseInt(option, 10)] : [])));
}

/** rspamd: lualib/lua_fuzzy.lua:check_mime_part. */
function hashesOfPart(
  part: MimePart,
  message: Message,
  rule: FuzzyRuleSettings,
  bad: ReadonlySet<number>,
  shingler: Shingler,
): readonly PartHash[] {
  if (part.kind !== 'text') return isWanted(part, rule.parts, bad) ? [wholeHash(part)] : [];
  const text = message.textParts.find((candidate) => candidate.part === part);
  if (text === undefined) return [];
  if (!rule.parts.texts) return htmlHashes(text, rule, shingler);
  const hash = textHash(text, message, rule, shingler);
  return hash === undefined ? [] : [...htmlHashes(text, rule, shingler), hash];
}

function wholeHash(part: MimePart): PartHash {
  const kind = part.kind === 'image' ? 'image' : 'other';
  return { part, kind, digest: bytesHash(part.content.bytes, usualKey), shingles: undefined };
}

function isWanted(part: MimePart, settings: PartSettings, bad: ReadonlySet<number>): boolean {
  const longEnough = part.content.length > 0 && part.content.length >= settings.minBytes;
  switch (part.kind) {
    case 'image':
      return settings.images && longEnough && largeEnough(part, settings);
    case 'archive':
      if (settings.archives) return true;
      break;
    case 'multipart':
    case 'message':
      return false;
  }
  if (!part.isAttachment || !longEnough) return false;
  const types = [`${part.type.type}/${part.type.subtype}`, part.detected?.mime];
  const wanted = types.some((type) => type !== undefined && settings.mimeTypes.some((glob) => glob.test(type)));
  return wanted || bad.has(part.id);
}

function largeEnough(part: MimePart, { minWidth, minHeight }: PartSettings): boolean {
  const { image } = part;
  return image === undefined || (image.width >= minWidth && image.height >= minHeight);
}

/** The document without where its links go, and with it; only the latter where that is all that the rule asks for. */
function htmlHashes({ part, html }: TextPart, rule: FuzzyRuleSettings, shingler: Shingler): readonly PartHash[] {
  const { html: settings, shinglesKey } = rule;
  if (settings === undefined || html === undefined) return [];
  const { minTags, ignoreDomains } = settings;
  const kinds = ignoreDomains ? (['html', 'htmlDomains'] as const) : (['html'] as const);
  return kinds.flatMap((kind) => {
    const withDomains = !ignoreDomains || kind === 'htmlDomains';
    const hash = htmlHash(html, minTags, withDomains, shinglesKey, shingler);
    return hash === undefined ? [] : [{ part, kind, ...hash }];
  });
}

function textHash(text: TextPart, message: Message, rule: FuzzyRuleSettings, shingler: Shingler): PartHash | undefined {
  const { parts: settings, hashKey } = rule;
  const language = languageOf(text);
  const isAsian = asian.has(language);
  const words = text.words.flatMap(({ kind, normal }) => {
    const word = kind === 'text' ? stem(normal, language) : normal;
    return word === '' ? [] : [word];
  });
  const least = isAsian ? Math.max(Math.floor(settings.minWords / 3), 12) : Math.max(settings.minWords, 32);
  const { part } = text;
  if (settings.shingles && words.length >= least) {
    const digest = bytesHash(Buffer.from(words.join(''), 'latin1'), hashKey);
    return { part, kind: 'text', digest, shingles: shingler.ofText(words) };
  }
  if (settings.shingles && !settings.shortTexts) return undefined;
  const subject = settings.subject ? (message.headers.first('subject')?.decodedBytes ?? '') : '';
  const content = text.oneLine + subject;
  const weighted = content.length * settings.textMultiplier * (isAsian ? 3 : 1);
  if (part.content.length === 0 || weighted < settings.minBytes) return undefined;
  return { part, kind: 'text', digest: bytesHash(Buffer.from(content, 'latin1'), hashKey), shingles: undefined };
}
