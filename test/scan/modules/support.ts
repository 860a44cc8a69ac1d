import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DnsResolver, RuleSource } from '../../../src/scan/index.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';

/** A message and the envelope it comes with. */
export interface Mail {
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was found: symbol to its score and options. */
export type Found = Readonly<Record<string, readonly [score: number, ...options: string[]]>>;

export function foundOf({ symbols }: Reply, wanted: (name: string) => boolean = () => true): Found {
  const entries = Object.entries(symbols)
    .filter(([name]) => wanted(name))
    .map(([name, { score, options = [] }]) => [name, [score, ...options.toSorted()]] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries) as Found;
}

export interface World {
  readonly resolver?: DnsResolver;
  /** Rules beside those of the scanner. */
  readonly sources?: readonly RuleSource[];
}

/** What a scanner with these sections finds. @throws where one of them cannot be used */
export async function find(
  sections: string,
  { text, headers = {} }: Mail,
  { resolver, sources = [] }: World = {},
): Promise<Found> {
  const scanner = await makeScanner(`${stockActions} ${sections}`, sources, resolver);
  assert.deepEqual(scanner.problems, []);
  return foundOf(await scanText(scanner, text, { headers: Object.entries(headers) }));
}

/** Sections that keep what asks DNS for proofs from finding any. */
export const noProofs = 'spf { enabled = false; } dkim { enabled = false; } dmarc { enabled = false; }';

/** Finds what the field X-Proofs says: `R_SPF_ALLOW DKIM_TRACE=example.com:+,example.org:-`. */
export const proofs: RuleSource = () => [
  {
    name: 'PROOFS',
    stage: 'filter',
    symbols: { R_SPF_ALLOW: {}, R_DKIM_ALLOW: {}, DMARC_POLICY_ALLOW: {}, DKIM_TRACE: {}, OTHER_ALLOW: {} },
    run: (task) => {
      for (const word of (task.message.header('X-Proofs') ?? '').split(' ').filter(Boolean)) {
        const [name = '', options = ''] = word.split('=');
        task.insert(name, 1, options.split(',').filter(Boolean));
      }
    },
  },
];

/** What is told of sections: notices too, each with its place. */
export async function findingsOf(sections: string): Promise<string[]> {
  const { findings } = await makeScanner(`${stockActions}\n${sections}`);
  return findings.map(({ severity, message, at, hint }) => {
    const line = at === undefined ? '-' : at.source.text.slice(0, at.offset).split('\n').length;
    return `${line}: ${severity}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
}

/** Writes maps into a folder of their own. @returns their path by name */
export function mapFiles(
  t: Pick<TestContext, 'after'>,
  files: Readonly<Record<string, string>>,
): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-modules-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return (name) => join(folder, name);
}

export interface PartOfMail {
  readonly type: string;
  readonly name?: string;
  readonly body?: string | Buffer;
}

/** A message of several parts; bodies go in base64. */
export function mixed(parts: readonly PartOfMail[], fields: Readonly<Record<string, string>> = {}): string {
  const head = {
    From: 'a@example.org',
    To: 'b@example.net',
    Subject: 'hello',
    'Message-ID': '<1@example.org>',
    ...fields,
  };
  const inner = parts.map(({ type, name, body = 'Hi there, some text.' }) =>
    [
      '--x',
      `Content-Type: ${type}`,
      ...(name === undefined ? [] : [`Content-Disposition: attachment; filename="${name}"`]),
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(body).toString('base64'),
    ].join('\r\n'),
  );
  return [
    ...Object.entries(head).map(([name, value]) => `${name}: ${value}`),
    'Date: Sun, 22 Nov 2026 11:59:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    ...inner,
    '--x--',
    '',
  ].join('\r\n');
}

/** A message of one text. */
export function plain(body: string, fields: Readonly<Record<string, string>> = {}, type = 'text/plain'): string {
  const head = {
    From: 'a@example.org',
    To: 'b@example.net',
    Subject: 'hello',
    'Message-ID': '<1@example.org>',
    Date: 'Sun, 22 Nov 2026 11:59:00 +0000',
    'MIME-Version': '1.0',
    'Content-Type': type,
    ...fields,
  };
  return [...Object.entries(head).map(([name, value]) => `${name}: ${value}`), '', body, ''].join('\r\n');
}

/** A ZIP archive with stored files. */
export function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(10, 4);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(name.length, 26);
    locals.push(local, Buffer.from(name), data);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(10, 4);
    entry.writeUInt16LE(10, 6);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(data.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    entries.push(entry, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  const count = Object.keys(files).length;
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
