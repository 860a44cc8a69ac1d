import { addHeaderAddresses, type EmailAddress } from './address.ts';
import { maxArchiveFiles, readArchive } from './archive/index.ts';
import { type ByteString, isGraph, isSpace, lowerAscii } from './bytes.ts';
import type { HeaderList } from './header.ts';
import type { LineEnd } from './header-block.ts';
import { imageTypeOfExtension, measureAs } from './image.ts';
import type { Knowledge } from './knowledge.ts';
import { type MimeTree, parseMimeTree } from './mime-tree.ts';
import type { MimePart } from './part.ts';
import { parseReceived, type Received } from './received.ts';
import { type PartsDistance, partsDistance } from './text/distance.ts';
import { type PdfFile, readFiles } from './text/files.ts';
import type { TextPart } from './text/part.ts';
import { readTexts, type Texts } from './text/parts.ts';
import { readSubjectUrls } from './text/subject.ts';
import { splitWords, type Word, WordBudget } from './text/words.ts';
import type { UrlFlag } from './url/flags.ts';
import { parseUrl } from './url/parse.ts';
import { UrlSet } from './url/set.ts';
import { anySuffix } from './url/suffixes.ts';
import type { Url } from './url/url.ts';
import { isValidUtf8, toText } from './utf8.ts';

/** Addresses that are taken from headers (rspamd: option max_recipients). */
const maxRecipients = 1024;

/**
 * A message as rules see it. Made from any bytes; nothing in it throws. What is costly is worked out when it is first
 * asked for.
 */
export class Message {
  /** As received. */
  readonly bytes: Buffer;
  /** What is left of it without blanks and one mbox line at the start. */
  readonly text: ByteString;
  readonly #tree: MimeTree;
  #from: readonly EmailAddress[] | undefined;
  #recipients: readonly EmailAddress[] | undefined;
  #received: readonly Received[] | undefined;
  readonly #knowledge: Knowledge;
  readonly #wordBudget = new WordBudget();
  #texts: ReadMessage | undefined;
  #metaWords: readonly Word[] | undefined;
  #distance: PartsDistance | null | undefined;

  /** @param knowledge without it every name with letters at its end counts as a host */
  constructor(bytes: Buffer, knowledge: Knowledge = { suffixes: anySuffix }) {
    this.bytes = bytes;
    this.#knowledge = knowledge;
    this.text = withoutEnvelopeLine(bytes.toString('latin1'));
    this.#tree = parseMimeTree(this.text);
    readArchives(this.parts);
    measureImages(this.parts);
  }

  get headers(): HeaderList {
    return this.#tree.headers;
  }

  /** The header block as it stands; empty where there is none. */
  get rawHeaders(): ByteString {
    return this.#tree.rawHeaders;
  }

  /** All that follows the headers, as it stands. */
  get body(): ByteString {
    return this.text.slice(this.#tree.bodyOffset);
  }

  get lineEnd(): LineEnd {
    return this.#tree.lineEnd;
  }

  /** All parts, a container before what it holds; none where there is not one byte. */
  get parts(): readonly MimePart[] {
    return this.bytes.length === 0 ? [] : this.#tree.parts;
  }

  /** The headers or the structure are not as they should be. */
  get broken(): boolean {
    return this.#tree.broken;
  }

  /** How many fields have that name, in any case. */
  count(name: string): number {
    return this.headers.count(name);
  }

  has(name: string): boolean {
    return this.headers.has(name);
  }

  /** The first field's value as people read it; undefined where there is none. */
  header(name: string): string | undefined {
    return this.headers.first(name)?.decoded;
  }

  /** The last Message-ID that is not empty, without its brackets; `undef` where there is none. */
  get messageId(): string {
    return (
      this.headers
        .getAll('message-id')
        .map(({ decodedBytes }) => bareMessageId(decodedBytes))
        .findLast((id) => id !== undefined) ?? 'undef'
    );
  }

  get subject(): string | undefined {
    return this.header('subject');
  }

  /** Addresses of the From fields. */
  get from(): readonly EmailAddress[] {
    this.#from ??= this.#addresses(['from']);
    return this.#from;
  }

  /** Addresses of the To, Cc and Bcc fields, in the order of the message. */
  get recipients(): readonly EmailAddress[] {
    this.#recipients ??= this.#addresses(['to', 'cc', 'bcc']);
    return this.#recipients;
  }

  #addresses(names: readonly string[]): readonly EmailAddress[] {
    const list: EmailAddress[] = [];
    for (const header of this.headers)
      if (names.includes(header.name.toLowerCase())) addHeaderAddresses(header.value, list, maxRecipients);
    return list;
  }

  #readTexts(): ReadMessage {
    if (this.#texts === undefined) {
      const { suffixes } = this.#knowledge;
      const urls = new UrlSet();
      const senderDomain = suffixes.registered(lowerAscii(this.from[0]?.domain ?? ''));
      const context = { urls, suffixes, senderDomain, budget: this.#wordBudget };
      let pdfs: readonly PdfFile[] = [];
      const texts = readTexts(this.parts, context, (show) => {
        pdfs = readFiles(this.parts, urls, suffixes, show);
      });
      readSubjectUrls(beforeNul(this.#subjectBytes), urls, suffixes);
      this.#texts = { ...texts, urls, pdfs };
    }
    return this.#texts;
  }

  /** Parts that people read: HTML first, later ones before earlier ones. */
  get textParts(): readonly TextPart[] {
    return this.#readTexts().parts;
  }

  /** These, and before them what files show. */
  get allTexts(): readonly TextPart[] {
    const { computed, parts } = this.#readTexts();
    return computed.length === 0 ? parts : [...computed, ...parts];
  }

  get pdfFiles(): readonly PdfFile[] {
    return this.#readTexts().pdfs;
  }

  /** URLs and addresses of texts, of files and of the subject, each once. */
  get urls(): Iterable<Url> {
    return this.#readTexts().urls;
  }

  /**
   * Adds a URL that a rule found in another way.
   * @param given without anything around it, UTF-8
   * @returns undefined where it is none, or there is no room
   */
  addUrl(given: ByteString, flag: UrlFlag): Url | undefined {
    const url = parseUrl(given, 'text', this.#knowledge.suffixes);
    if (url === undefined) return undefined;
    url.add(flag);
    const { urls } = this.#readTexts();
    urls.add(url);
    return url;
  }

  get #subjectBytes(): ByteString {
    return this.headers.first('subject')?.decodedBytes ?? '';
  }

  /** Words of the subject and of the first sender's name. */
  get metaWords(): readonly Word[] {
    if (this.#metaWords === undefined) {
      // The words of the texts come first where there is not room for all.
      for (const part of this.allTexts) part.words;
      const texts = [this.#subjectBytes, this.from[0]?.name ?? ''].map(beforeNul);
      this.#metaWords = texts.flatMap((text) => splitWords(text, isValidUtf8(text), [], this.#wordBudget));
    }
    return this.#metaWords;
  }

  /** How far HTML and plain text of the message are apart; undefined where there are not both. */
  get partsDistance(): PartsDistance | undefined {
    if (this.#distance === undefined) this.#distance = partsDistance(this.textParts) ?? null;
    return this.#distance ?? undefined;
  }

  /** There are characters that show nothing, or are not in their normal form: in a field or in a word. */
  get badUnicode(): boolean {
    return (
      [this.headers, ...this.parts.map(({ headers }) => headers)].some((headers) =>
        [...headers].some(({ badUnicode }) => badUnicode),
      ) ||
      this.allTexts.some(
        (part) => part.hasZeroWidth || part.words.some((word) => word.broken || word.normalised || word.invisible),
      )
    );
  }

  /** Hops of the Received fields that could be read, the latest first. */
  get received(): readonly Received[] {
    this.#received ??= this.headers
      .getAll('received')
      .map(({ decodedBytes }) => parseReceived(decodedBytes))
      .filter((hop) => hop !== undefined);
    return this.#received;
  }
}

interface ReadMessage extends Texts {
  readonly urls: UrlSet;
  readonly pdfs: readonly PdfFile[];
}

/** rspamd: src/libmime/archives.c:rspamd_archives_process. */
function readArchives(parts: readonly MimePart[]): void {
  const budget = { left: maxArchiveFiles };
  for (const part of parts) {
    if (part.content.length === 0) continue;
    part.archive = readArchive(part, budget);
    if (part.archive === undefined) continue;
    part.kind = 'archive';
    if (part.type.isText && !part.type.missing) part.type = { ...part.type, broken: true };
  }
}

/** rspamd: src/libmime/images.c:rspamd_images_process_mime_part_maybe. */
function measureImages(parts: readonly MimePart[]): void {
  for (const part of parts) {
    if (part.kind !== 'other' || part.detected?.type !== 'image') continue;
    const type = imageTypeOfExtension(part.detected.ext);
    part.image = type === undefined ? undefined : measureAs(type, part.content.bytes);
    if (part.image !== undefined) part.kind = 'image';
  }
}

/** Up to a NUL, where the original's strings end. */
function beforeNul(bytes: ByteString): ByteString {
  const end = bytes.indexOf('\0');
  return end < 0 ? bytes : bytes.slice(0, end);
}

function bareMessageId(decoded: ByteString): string | undefined {
  const start = decoded.startsWith('<') ? 1 : 0;
  if (decoded.length <= start) return undefined;
  const end = decoded.endsWith('>') ? -1 : undefined;
  return toText(decoded.slice(start, end).replace(/[^!-~]/g, (c) => (isGraph(c.charCodeAt(0)) ? c : '?')));
}

/** rspamd: src/libmime/message.c:rspamd_message_parse. */
function withoutEnvelopeLine(text: ByteString): ByteString {
  const start = skipSpace(text, 0);
  if (!text.startsWith('From ', start) || text.length - start <= 5) return text.slice(start);
  const end = text.indexOf('\n', start + 5);
  return end < 0 ? '' : text.slice(skipSpace(text, end));
}

function skipSpace(text: ByteString, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}
