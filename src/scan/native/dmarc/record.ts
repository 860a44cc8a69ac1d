import { type ByteString, lowerAscii } from '../../message/index.ts';

export type DmarcAction = 'none' | 'quarantine' | 'reject';

/** What a domain asks for (RFC 7489, 6.3). */
export interface DmarcPolicy {
  readonly action: DmarcAction;
  readonly strictSpf: boolean;
  readonly strictDkim: boolean;
  /** Of a hundred messages that fail, so many are to be treated so; undefined for all. */
  readonly percent: number | undefined;
}

/**
 * Reads a record (rspamd: lualib/plugins/dmarc.lua:dmarc_check_record).
 * @param isParent it speaks for a subdomain too
 * @returns undefined for what is no record, a text for what is wrong with one
 */
export function readDmarcRecord(record: ByteString, isParent: boolean): DmarcPolicy | string | undefined {
  const tags = readTags(record);
  if (tags === undefined) return undefined;
  const alignment = (tag: string): boolean | undefined => ({ s: true, r: false })[tags.get(tag) ?? 'r'];
  const strictDkim = alignment('adkim');
  if (strictDkim === undefined) return `adkim tag has invalid value: ${tags.get('adkim')}`;
  const strictSpf = alignment('aspf');
  if (strictSpf === undefined) return `aspf tag has invalid value: ${tags.get('aspf')}`;
  const own = tags.get('p') ?? 'none';
  if (!isAction(own)) return `p tag has invalid value: ${own}`;
  const action = isParent ? (tags.get('sp') ?? own) : own;
  if (!isAction(action)) return `sp tag has invalid value: ${action}`;
  const percent = tags.get('pct');
  return {
    action,
    strictSpf,
    strictDkim,
    percent: percent !== undefined && /^\d{1,3}$/.test(percent) ? Number(percent) : undefined,
  };
}

function isAction(text: string): text is DmarcAction {
  return text === 'none' || text === 'quarantine' || text === 'reject';
}

/** `v=DMARC1` first, then `name = value` pairs, separated by `;` or a backslash; values in lower case. */
function readTags(record: ByteString): ReadonlyMap<string, string> | undefined {
  const [version, ...pieces] = record.split(/[;\\]/);
  if (version === record || !/^v\s*=\s*DMARC1\s*$/.test(version ?? '')) return undefined;
  const tags = new Map<string, string>();
  for (const piece of pieces) {
    const text = piece.trim();
    if (text === '') continue;
    const [, name, value] = /^([A-Za-z]+)=\s*(\S.*)$/s.exec(text) ?? [];
    // What follows something that is no pair is not looked at.
    if (name === undefined || value === undefined) break;
    tags.set(lowerAscii(name), lowerAscii(value));
  }
  return tags;
}
