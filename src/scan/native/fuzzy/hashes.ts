import type { Message, MimePart, TextPart } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { languageOf, stem } from '../bayes/index.ts';
import { ipBytes } from '../ip.ts';
import { bytesHash, usualKey } from './digest.ts';
import type { FuzzyRuleSettings, PartSettings } from './settings.ts';
import { shinglesOf } from './shingles.ts';

/** A hash of a part. */
export interface PartHash {
  readonly part: MimePart;
  readonly kind: 'text' | 'image' | 'other';
  readonly digest: Buffer;
  /** Of a text that is long enough. */
  readonly shingles: Buffer | undefined;
}

const asian = new Set(['ja', 'zh', 'ko']);

/** Hashes of the parts of a message that a rule looks at, none twice (rspamd: src/plugins/fuzzy_check.c:fuzzy_generate_commands). */
export function hashesOf(task: Task, rule: FuzzyRuleSettings): readonly PartHash[] {
  const { message } = task;
  const hashes = new Map<string, PartHash>();
  const bad = badParts(task);
  for (const part of message.parts) {
    const hash = hashOf(part, message, rule, bad);
    if (hash === undefined) continue;
    const key = hash.digest.toString('latin1');
    if (!hashes.has(key)) hashes.set(key, hash);
  }
  return [...hashes.values()];
}

/** Parts whose type is a lie, as the check of MIME types found. */
function badParts(task: Task): ReadonlySet<number> {
  const options = task.results.symbols.get('MIME_TRACE')?.options ?? [];
  return new Set([...options].flatMap((option) => (/^\d+:-/.test(option) ? [Number.parseInt(option, 10)] : [])));
}

/** rspamd: lualib/lua_fuzzy.lua:check_mime_part. */
function hashOf(
  part: MimePart,
  message: Message,
  rule: FuzzyRuleSettings,
  bad: ReadonlySet<number>,
): PartHash | undefined {
  const settings = rule.parts;
  const whole = (kind: 'image' | 'other'): PartHash => ({
    part,
    kind,
    digest: bytesHash(part.content.bytes, usualKey),
    shingles: undefined,
  });
  const longEnough = part.content.length > 0 && part.content.length >= settings.minBytes;
  switch (part.kind) {
    case 'text': {
      const text = message.textParts.find((candidate) => candidate.part === part);
      return text === undefined || !settings.texts ? undefined : textHash(text, message, rule);
    }
    case 'image':
      return settings.images && longEnough && largeEnough(part, settings) ? whole('image') : undefined;
    case 'archive':
      if (settings.archives) return whole('other');
      break;
    case 'multipart':
    case 'message':
      return undefined;
  }
  if (!isAttachment(part) || !longEnough) return undefined;
  const types = [`${part.type.type}/${part.type.subtype}`, part.detected?.mime];
  const wanted = types.some((type) => type !== undefined && settings.mimeTypes.some((glob) => glob.test(type)));
  return wanted || bad.has(part.id) ? whole('other') : undefined;
}

/** rspamd: src/lua/lua_mimepart.c:lua_mimepart_is_attachment. */
function isAttachment(part: MimePart): boolean {
  if (part.hasAttachmentDisposition) return true;
  return (part.disposition?.filename ?? '') !== '' && !part.headers.has('content-id');
}

function largeEnough(part: MimePart, { minWidth, minHeight }: PartSettings): boolean {
  const { image } = part;
  return image === undefined || (image.width >= minWidth && image.height >= minHeight);
}

function textHash(text: TextPart, message: Message, rule: FuzzyRuleSettings): PartHash | undefined {
  const { parts: settings, hashKey, keys, algorithm } = rule;
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
    const shingles = algorithm === undefined ? undefined : shinglesOf(words, keys, algorithm);
    return { part, kind: 'text', digest, shingles };
  }
  if (settings.shingles && !settings.shortTexts) return undefined;
  const subject = settings.subject ? (message.headers.first('subject')?.decodedBytes ?? '') : '';
  const content = text.oneLine + subject;
  const weighted = content.length * settings.textMultiplier * (isAsian ? 3 : 1);
  if (part.content.length === 0 || weighted < settings.minBytes) return undefined;
  return { part, kind: 'text', digest: bytesHash(Buffer.from(content, 'latin1'), hashKey), shingles: undefined };
}

const maxDomain = 64;

/**
 * What a storage that is asked in secret may know of a stranger's message: the domain of From and the client's address
 * (rspamd: src/plugins/fuzzy_check.c:fuzzy_cmd_write_extensions).
 */
export function extensionsOf(task: Task): Buffer | undefined {
  if (task.user !== undefined || task.ip === undefined || task.isLocal) return undefined;
  const parts: Buffer[] = [];
  const domain = Buffer.from((task.message.from[0]?.domain ?? '').slice(-maxDomain), 'latin1');
  if (domain.length > 0) parts.push(Buffer.from(['d'.charCodeAt(0), domain.length]), domain);
  const address = ipBytes(task.ip);
  if (address !== undefined) parts.push(Buffer.from(address.length === 4 ? '4' : '6'), Buffer.from(address));
  return Buffer.concat(parts);
}
