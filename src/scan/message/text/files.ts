import type { ByteString } from '../bytes.ts';
import type { MimePart } from '../part.ts';
import { type PdfSigns, pdfBudget, readPdf } from '../pdf/index.ts';
import { findUrls } from '../url/find.ts';
import { inheritedUrlFlags, urlFlags } from '../url/flags.ts';
import { findInQuery } from '../url/query.ts';
import type { UrlSet } from '../url/set.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';
import type { Url } from '../url/url.ts';

type FileKind = 'calendar' | 'vcard' | 'pdf';

/** What of a calendar people see (rspamd: lualib/lua_content/ical.lua). */
const calendarKeys = new Set(['description', 'location', 'summary', 'organizer', 'organiser', 'attendee', 'url']);

/** Parts are of a size that a message can have, yet not all of them have to be read to the end. */
const maxLines = 100_000;

/** A PDF file of a message, and what is to be said of it. */
export interface PdfFile extends PdfSigns {
  readonly part: MimePart;
}

/**
 * Reads calendars, visiting cards and PDF files, and collects their URLs (rspamd: lualib/lua_content/init.lua).
 * @param show gets the text of files that have some
 * @returns the PDF files; the `kind` of all that was read has become `custom`
 */
export function readFiles(
  parts: readonly MimePart[],
  urls: UrlSet,
  suffixes: PublicSuffixes,
  show: (file: MimePart, text: ByteString) => void,
): PdfFile[] {
  const budget = pdfBudget();
  const files: PdfFile[] = [];
  for (const part of parts) {
    const kind = kindOf(part);
    if (kind === undefined) continue;
    if (kind === 'pdf') {
      const { signs, text, links } = readPdf(part.content.text, budget);
      files.push({ part, ...signs });
      if (text !== '') show(part, text);
      for (const link of links) addLink(link, urls, suffixes);
      part.kind = 'custom';
    } else {
      const lines = linesOf(part.content.text);
      if (lines.length > 0) part.kind = 'custom';
      for (const [key, value] of lines) if (kind === 'vcard' || calendarKeys.has(key)) addUrls(value, urls, suffixes);
    }
  }
  return files;
}

function kindOf({ kind, type, detected, content }: MimePart): FileKind | undefined {
  if (kind !== 'other' || content.length === 0) return undefined;
  const { subtype } = type;
  if (type.type === 'application' && subtype === 'pdf') return 'pdf';
  const isNamed = type.type === 'text' || type.type === 'application';
  if (isNamed && (subtype === 'calendar' || subtype === 'vcard')) return subtype;
  return detected === undefined ? undefined : kinds.get(detected.ext);
}

const kinds = new Map<string, FileKind>([
  ['ics', 'calendar'],
  ['vcf', 'vcard'],
  ['pdf', 'pdf'],
]);

/** Names in lower case without their parameters, with their values; continued lines are one (RFC 5545, 3.1). */
function linesOf(text: ByteString): Array<readonly [key: string, value: ByteString]> {
  const lines = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/, maxLines);
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    if (colon < 0) return [];
    const key = (line.slice(0, colon).split(';', 1)[0] as string).toLowerCase();
    const value = line.slice(colon + 1).replace(/\\[nr]/g, (pair) => (pair === '\\n' ? '\n' : ''));
    return [[key, value] as const];
  });
}

function addUrls(text: ByteString, urls: UrlSet, suffixes: PublicSuffixes): void {
  if (urls.isFull) return;
  findUrls(text, 'all', suffixes, (url) => {
    addWithQuery(url, urls, suffixes);
    return !urls.isFull;
  });
}

/** The first URL in it. */
function addLink(link: ByteString, urls: UrlSet, suffixes: PublicSuffixes): void {
  if (urls.isFull) return;
  findUrls(link, 'all', suffixes, (url) => {
    url.add('content');
    addWithQuery(url, urls, suffixes);
    return false;
  });
}

/** rspamd: src/lua/lua_task.c:lua_task_inject_url. */
function addWithQuery(outer: Url, urls: UrlSet, suffixes: PublicSuffixes): void {
  if (outer.isMail && outer.parts.user === '') return;
  urls.add(outer);
  if (outer.parts.query === '') return;
  findInQuery(outer, suffixes, (url) => {
    url.flags |= urlFlags.query | (outer.flags & inheritedUrlFlags);
    urls.add(url);
    return !urls.isFull;
  });
}
