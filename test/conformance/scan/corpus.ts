import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DnsName, DnsZone } from '../../support/dns-server.ts';

/** One message to scan, with what Rspamd made of it. */
export interface ScanCase {
  readonly id: string;
  readonly message: Buffer;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly expected: ExpectedReply;
}

export interface ExpectedReply {
  readonly action: string;
  readonly score: number;
  readonly symbols: Readonly<Record<string, ExpectedSymbol>>;
  readonly _test?: { readonly default_mode?: DefaultMode };
  readonly [key: string]: unknown;
}

/** What comes of a message whose scan stops as soon as its fate is sealed. */
interface DefaultMode {
  readonly action?: string;
  readonly score?: number;
  readonly not_inserted?: readonly string[];
}

export interface ExpectedSymbol {
  readonly score: number;
  readonly options?: readonly string[];
}

interface Request {
  readonly id: string;
  readonly message: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly scan_time: number;
}

/** The folder of replies: `expected-4.1.6`, or `expected`. */
export function readCases(folder: string): ScanCase[] {
  const expected = ['expected-4.1.6', 'expected'].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (expected === undefined) return [];
  const requests = JSON.parse(readFileSync(join(folder, 'requests.json'), 'utf8')) as Request[];
  return requests.flatMap(({ id, message, headers, scan_time }) => {
    const reply = join(expected, `${id}.json`);
    if (!existsSync(reply)) return [];
    return [
      {
        id,
        message: readFileSync(join(folder, 'messages', message)),
        headers,
        receivedAt: scan_time * 1000,
        expected: JSON.parse(readFileSync(reply, 'utf8')) as ExpectedReply,
      },
    ];
  });
}

/** Edits for the MTA by case, with the usual routines; undefined where the folder has none. */
export function readMilterBlocks(folder: string): ReadonlyMap<string, unknown> | undefined {
  const path = join(folder, 'milter-4.1.6.json');
  return existsSync(path) ? new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as object)) : undefined;
}

interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly values?: readonly string[];
  readonly rcode?: string;
}

/** The DNS world of a folder. */
export function readZone(folder: string): DnsZone {
  const { records } = JSON.parse(readFileSync(join(folder, 'zone.json'), 'utf8')) as { records: ZoneRecord[] };
  const zone = new Map<string, { -readonly [K in keyof DnsName]: DnsName[K] } & Record<string, unknown>>();
  for (const { name, type, values = [], rcode } of records) {
    const key = name.toLowerCase();
    const entry = zone.get(key) ?? {};
    zone.set(key, entry);
    const kind = type.toUpperCase();
    if (rcode !== undefined)
      entry.failure = { ...(entry.failure as object), [kind]: rcode.toUpperCase() } as DnsName['failure'] & object;
    else if (kind === 'CNAME') entry.CNAME = values[0] as string;
    else if (kind === 'MX') entry.MX = values.map(mail);
    else if (kind === 'TXT') entry.TXT = values.map((text) => Buffer.from(text, 'utf8').toString('latin1'));
    else entry[kind] = values;
  }
  return Object.fromEntries(zone);
}

function mail(value: string): { readonly priority: number; readonly exchange: string } {
  const [priority = '10', exchange = ''] = value.split(/\s+/);
  return { priority: Number(priority), exchange: exchange.replace(/\.$/, '') };
}
