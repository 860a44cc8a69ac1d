import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DnsName, DnsZone } from '../../support/dns-server.ts';
import { projectRoot } from '../../support/project.ts';
import type { RequestOfTest } from './rig.ts';

/** Messages with what the original said of them; see its README. */
export const corpusFolder = join(projectRoot, '../shared/corpus/scan');

export const hasCorpus = existsSync(corpusFolder);

export interface CorpusCase extends RequestOfTest {
  readonly id: string;
  /** Symbol to its options. */
  readonly expected: ReadonlyMap<string, readonly string[]>;
  /** `name type` of every question. */
  readonly questions: ReadonlySet<string>;
}

interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly values?: readonly string[];
  readonly rcode?: string;
}

export function corpusZone(): DnsZone {
  const { records } = JSON.parse(readFileSync(join(corpusFolder, 'zone.json'), 'utf8')) as {
    records: readonly ZoneRecord[];
  };
  const zone: Record<string, Record<string, unknown>> = {};
  for (const { name, type, values = [], rcode } of records) {
    const key = name.toLowerCase();
    zone[key] ??= {};
    const entry = zone[key];
    const kind = type.toUpperCase();
    if (rcode !== undefined) entry['failure'] = { ...(entry['failure'] as object), [kind]: rcode.toUpperCase() };
    else if (kind === 'CNAME') entry[kind] = values[0];
    else if (kind === 'MX') entry[kind] = values.map(exchangeOf);
    else entry[kind] = values.map((value) => Buffer.from(value).toString('latin1'));
  }
  return zone as Record<string, DnsName>;
}

function exchangeOf(value: string): { priority: number; exchange: string } {
  const [priority = '', exchange = ''] = value.split(' ');
  return { priority: Number(priority), exchange };
}

interface Reply {
  readonly symbols: Readonly<Record<string, { readonly options?: readonly string[] }>>;
  readonly _test?: { readonly dns?: ReadonlyArray<readonly [name: string, type: string]> };
}

export function corpusCases(): CorpusCase[] {
  const requests = JSON.parse(readFileSync(join(corpusFolder, 'requests.json'), 'utf8')) as ReadonlyArray<{
    id: string;
    message: string;
    headers: ReadonlyArray<readonly [string, string]>;
    scan_time: number;
  }>;
  return requests.map(({ id, message, headers, scan_time }) => {
    const reply = JSON.parse(readFileSync(join(corpusFolder, 'expected-4.1.6', `${id}.json`), 'utf8')) as Reply;
    return {
      id,
      message: readFileSync(join(corpusFolder, 'messages', message)),
      headers: headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')] as const),
      receivedAt: scan_time * 1000,
      expected: new Map(Object.entries(reply.symbols).map(([name, { options = [] }]) => [name, options])),
      questions: new Set((reply._test?.dns ?? []).map(([name, type]) => `${name} ${type.toUpperCase()}`)),
    };
  });
}
