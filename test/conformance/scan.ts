import { isDeepStrictEqual } from 'node:util';
import { buildConfig } from '../../src/config/index.ts';
import { Headers } from '../../src/message/headers.ts';
import { silentLogger } from '../../src/message/log.ts';
import {
  loadKnowledge,
  Resolver,
  replyJson,
  replyValue,
  Scanner,
  scanSpec,
  stockDnsSettings,
} from '../../src/scan/index.ts';
import { loadText } from '../../src/ucl/index.ts';
import { openDnsServer } from '../support/dns-server.ts';
import { Agreement, type OurReply } from './scan/agreement.ts';
import { type ExpectedReply, readCases, readMilterBlocks, readZone, type ScanCase } from './scan/corpus.ts';
import { owned } from './scan/owned.ts';
import { defaultMode, otherParts, type Reply } from './scan/reply.ts';
import type { Reporter, Suite } from './suite.ts';

/** Messages with what Rspamd's scanner made of them; rules are those of the built-in tree (`--builtin`). */
export const suite: Suite = {
  name: 'scan',
  defaultFolder: '../shared/corpus/scan',
  async run(folder, report) {
    const dns = await openDnsServer(readZone(folder));
    const resolver = new Resolver({ ...stockDnsSettings, servers: [dns.address] });
    try {
      const scanner = await makeScanner(resolver, '');
      for (const problem of scanner.problems) report.note(problem);
      const cases = readCases(folder);
      await compareAll(scanner, cases, report);
      await compareDefaultMode(scanner, cases, report);
      const blocks = readMilterBlocks(folder);
      if (blocks !== undefined) await compareEdits(await makeScanner(resolver, routines), cases, blocks, report);
    } finally {
      resolver.close();
      await dns.close();
    }
  },
};

/** The thresholds of the stock configuration, and our own rules. */
const tree = 'actions { reject = 15; add_header = 6; greylist = 4; }';

/** Those that the edits were recorded with. */
const routines = `milter_headers {
  use = [x-spamd-bar, x-spam-level, x-spam-status, x-rspamd-server, x-rspamd-action, x-rspamd-queue-id, spam-header,
    authentication-results];
  routines { x-rspamd-server { hostname = "mx1.corp-internal.net"; } }
}`;

async function makeScanner(resolver: Resolver, further: string): Promise<Scanner> {
  const { root } = loadText(`${tree}\n${further}`, { name: 'actions' });
  if (root === undefined) throw new Error('the tree of the suite cannot be read');
  const { config } = buildConfig(root);
  return new Scanner(scanSpec(config), { resolver, knowledge: await loadKnowledge(undefined), logger: silentLogger });
}

async function compareAll(scanner: Scanner, cases: readonly ScanCase[], report: Reporter): Promise<void> {
  const all = new Agreement(() => true);
  const ours = new Agreement((symbol) => owned.has(symbol));
  const unfailing = new Agreement((symbol) => !symbol.endsWith('_FAIL'));
  let same = 0;
  for (const one of cases) {
    const whole = await scanReply(scanner, one);
    const reply = ourReply(whole);
    const parts = otherParts(one.expected, whole);
    if (parts.length === 0) same++;
    const difference = all.add(one.expected, reply);
    ours.add(onlyOwned(one.expected), { ...reply, score: sumOfOwned(reply.symbols) });
    unfailing.add(one.expected, reply);
    const score =
      Math.abs(reply.score - one.expected.score) > 0.001 ? `score ${reply.score}, not ${one.expected.score}` : '';
    const other = parts.length === 0 ? '' : `other ${parts.join(' ')}`;
    const why = [difference, score, other].filter((part) => part !== undefined && part !== '').join('; ');
    if (why === '') report.pass(one.id);
    else report.fail(one.id, why);
  }
  for (const line of all.table()) report.note(line);
  const { jaccard, action, difference } = all.figures;
  report.figure('jaccard', rounded(jaccard));
  report.figure('same action', rounded(action));
  report.figure('score difference', rounded(difference));
  report.figure('precision', rounded(unfailing.rates.precision));
  report.figure('recall', rounded(unfailing.rates.recall));
  report.figure('same other parts', share(same, cases));
  report.figure('owned jaccard', rounded(ours.figures.jaccard));
  report.figure('owned score difference', rounded(ours.figures.difference));
}

function onlyOwned(expected: ExpectedReply): ExpectedReply {
  const entries = Object.entries(expected.symbols).filter(([name]) => owned.has(name));
  return { ...expected, symbols: Object.fromEntries(entries), score: sumOfOwned(entries) };
}

function sumOfOwned(symbols: Iterable<readonly [name: string, symbol: { readonly score: number }]>): number {
  return [...symbols].reduce((sum, [name, { score }]) => (owned.has(name) ? sum + score : sum), 0);
}

/** The same without `Pass: all`. */
async function compareDefaultMode(scanner: Scanner, cases: readonly ScanCase[], report: Reporter): Promise<void> {
  let same = 0;
  for (const one of cases) {
    const headers = one.headers.filter(([name]) => name.toLowerCase() !== 'pass');
    const all = await scanReply(scanner, one);
    const why = defaultMode(one.expected, await scanReply(scanner, { ...one, headers }), all);
    if (why === undefined) same++;
    else report.note(`default mode: ${one.id}: ${why}`);
  }
  report.figure('same default mode', share(same, cases));
}

async function compareEdits(
  scanner: Scanner,
  cases: readonly ScanCase[],
  blocks: ReadonlyMap<string, unknown>,
  report: Reporter,
): Promise<void> {
  let same = 0;
  for (const one of cases) {
    const { milter } = await scanReply(scanner, { ...one, headers: withMta(one.headers) });
    const expected = blocks.get(one.id) ?? undefined;
    if (isDeepStrictEqual(milter, expected)) same++;
    else report.note(`milter: ${one.id}: ${JSON.stringify(milter)}, not ${JSON.stringify(expected)}`);
  }
  report.figure('same milter block', share(same, cases));
}

/** What an MTA sends along, where the case does not have it. */
function withMta(headers: ScanCase['headers']): ScanCase['headers'] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const usual = [
    ['MTA-Name', 'mx1.corp-internal.net'],
    ['Queue-Id', '4F2kXq3Zz1'],
    ['Flags', 'milter,body_block'],
  ] as const;
  return [...headers, ...usual.filter(([name]) => !names.has(name.toLowerCase()))];
}

function share(count: number, cases: readonly ScanCase[]): number {
  return cases.length === 0 ? 1 : rounded(count / cases.length);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

async function scanReply(scanner: Scanner, { id, message, headers, receivedAt }: ScanCase): Promise<Reply> {
  const given = new Headers(headers.flatMap(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]));
  const scanned = await scanner.scan({ id, body: message, headers: given, receivedAt });
  const rules = { subject: scanner.spec.subject, publicGroupsOnly: false };
  return JSON.parse(replyJson(replyValue(scanned, rules, 'modern'))) as Reply;
}

function ourReply(reply: Reply): OurReply {
  const { action, score, symbols } = reply as ExpectedReply;
  const found = Object.entries(symbols).map(([name, { score, options = [] }]) => [name, { score, options }] as const);
  return { action, score, symbols: new Map(found) };
}
