import type { ByteString } from '../bytes.ts';
import type { MimePart } from '../part.ts';
import { findUrls } from '../url/find.ts';
import type { UrlSet } from '../url/set.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';

type Card = 'calendar' | 'vcard';

/** What of a calendar people see (rspamd: lualib/lua_content/ical.lua). */
const calendarKeys = new Set(['description', 'location', 'summary', 'organizer', 'organiser', 'attendee', 'url']);

/** Parts are of a size that a message can have, yet not all of them have to be read to the end. */
const maxLines = 100_000;

/** URLs of calendars and of visiting cards (rspamd: lualib/lua_content/). */
export function readCardUrls(parts: readonly MimePart[], urls: UrlSet, suffixes: PublicSuffixes): void {
  for (const part of parts) {
    const card = cardOf(part);
    if (card === undefined) continue;
    for (const [key, value] of linesOf(part.content.text)) {
      if (urls.isFull) return;
      if (card === 'calendar' && !calendarKeys.has(key)) continue;
      findUrls(value, 'all', suffixes, (url) => {
        if (url.isMail && url.parts.user === '') return true;
        urls.add(url);
        return !urls.isFull;
      });
    }
  }
}

function cardOf({ kind, type, detected }: MimePart): Card | undefined {
  if (kind !== 'other') return undefined;
  const { subtype } = type;
  const isNamed = type.isText || type.type === 'application';
  if (isNamed && (subtype === 'calendar' || subtype === 'vcard')) return subtype;
  return detected?.ext === 'ics' ? 'calendar' : detected?.ext === 'vcf' ? 'vcard' : undefined;
}

/** Names, in lower case and without their parameters, with their values; continued lines are one (RFC 5545, 3.1). */
function linesOf(text: ByteString): Array<readonly [key: string, value: ByteString]> {
  const lines = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/, maxLines);
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    if (colon < 0) return [];
    const key = (line.slice(0, colon).split(';', 1)[0] as string).toLowerCase();
    const value = line.slice(colon + 1).replace(/\\(.)/g, (_, c: string) => ({ n: '\n', r: '' })[c] ?? c);
    return [[key, value] as const];
  });
}
