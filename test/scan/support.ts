import { buildConfig } from '../../src/config/index.ts';
import { Headers } from '../../src/message/headers.ts';
import { type Logger, silentLogger } from '../../src/message/log.ts';
import {
  type DnsAnswer,
  type DnsResolver,
  loadKnowledge,
  type RuleSource,
  replyJson,
  replyValue,
  Scanner,
  scanSpec,
} from '../../src/scan/index.ts';
import { loadText } from '../../src/ucl/index.ts';

/** A DNS in which nothing exists. */
export const emptyDns: DnsResolver = {
  forTask: () => ({ query: async () => nothing as never }),
  close: () => {},
};

const nothing: DnsAnswer = { status: 'nxdomain', records: [], error: 'no records with this name', cached: false };

export const stockActions = 'actions { reject = 15; add_header = 6; greylist = 4; }';

/** A reply as clients read it. */
export interface Reply {
  readonly action: string;
  readonly score: number;
  readonly required_score: number;
  readonly is_skipped: boolean;
  readonly subject?: string;
  readonly passthrough_module?: string;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly symbols: Readonly<
    Record<string, { readonly score: number; readonly metric_score: number; readonly options?: readonly string[] }>
  >;
  readonly messages: Readonly<Record<string, string>>;
  readonly groups?: Readonly<Record<string, { readonly score: number }>>;
  readonly urls?: readonly unknown[];
  readonly emails?: readonly string[];
  readonly milter?: unknown;
}

/** @param tree the operator's configuration */
export async function makeScanner(
  tree = stockActions,
  sources: readonly RuleSource[] = [],
  resolver: DnsResolver = emptyDns,
  logger: Logger = silentLogger,
): Promise<Scanner> {
  const { root, diagnostics } = loadText(tree, { name: 'tree' });
  if (root === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  const { config } = buildConfig(root);
  const environment = { resolver, knowledge: await loadKnowledge(undefined), logger };
  return new Scanner(scanSpec(config), environment, sources);
}

export interface ScanOf {
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly receivedAt?: number;
}

export async function scanText(
  scanner: Scanner,
  message: string,
  { headers = [], receivedAt = now }: ScanOf = {},
): Promise<Reply> {
  return JSON.parse(await scanJson(scanner, message, 'modern', { headers, receivedAt })) as Reply;
}

export async function scanJson(
  scanner: Scanner,
  message: string,
  shape: 'modern' | 'old' | 'skip',
  { headers = [], receivedAt = now }: ScanOf = {},
): Promise<string> {
  const scanned = await scanner.scan({
    id: 'test',
    body: Buffer.from(message, 'latin1'),
    headers: new Headers(headers.flat()),
    receivedAt,
  });
  const { subject, options } = scanner.spec;
  return replyJson(replyValue(scanned, { subject, publicGroupsOnly: options.publicGroupsOnly }, shape));
}

export const now = Date.UTC(2026, 10, 22, 12, 0, 0);

/** A message without faults in its headers. */
export const clean = [
  'From: A <a@example.org>',
  'To: b@example.net',
  'Subject: hello',
  'Message-ID: <1@example.org>',
  'Date: Sun, 22 Nov 2026 11:59:00 +0000',
  'User-Agent: test/1',
  '',
  'Hi.',
  '',
].join('\r\n');

export const without = (name: string): string => clean.replace(new RegExp(`^${name}:.*\\r\\n`, 'm'), '');
