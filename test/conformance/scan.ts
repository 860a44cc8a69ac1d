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
import { type ExpectedReply, readCases, readZone, type ScanCase } from './scan/corpus.ts';
import { owned } from './scan/owned.ts';
import type { Reporter, Suite } from './suite.ts';

/** Messages with what Rspamd's scanner made of them; rules are those of the built-in tree (`--builtin`). */
export const suite: Suite = {
  name: 'scan',
  defaultFolder: '../shared/corpus/scan',
  async run(folder, report) {
    const dns = await openDnsServer(readZone(folder));
    const resolver = new Resolver({ ...stockDnsSettings, servers: [dns.address] });
    try {
      const scanner = await makeScanner(resolver);
      for (const problem of scanner.problems) report.note(problem);
      await compareAll(scanner, readCases(folder), report);
    } finally {
      resolver.close();
      await dns.close();
    }
  },
};

/** The thresholds of the stock configuration, and our own rules. */
const tree = 'actions { reject = 15; add_header = 6; greylist = 4; }';

async function makeScanner(resolver: Resolver): Promise<Scanner> {
  const { root } = loadText(tree, { name: 'actions' });
  if (root === undefined) throw new Error('the tree of the suite cannot be read');
  const { config } = buildConfig(root);
  return new Scanner(scanSpec(config), { resolver, knowledge: await loadKnowledge(undefined), logger: silentLogger });
}

async function compareAll(scanner: Scanner, cases: readonly ScanCase[], report: Reporter): Promise<void> {
  const all = new Agreement(() => true);
  const ours = new Agreement((symbol) => owned.has(symbol));
  const unfailing = new Agreement((symbol) => !symbol.endsWith('_FAIL'));
  for (const one of cases) {
    const reply = await scan(scanner, one);
    const difference = all.add(one.expected, reply);
    ours.add(onlyOwned(one.expected), { ...reply, score: sumOfOwned(reply.symbols) });
    unfailing.add(one.expected, reply);
    const score =
      Math.abs(reply.score - one.expected.score) > 0.001 ? `score ${reply.score}, not ${one.expected.score}` : '';
    const why = [difference, score].filter((part) => part !== undefined && part !== '').join('; ');
    if (why === '') report.pass(one.id);
    else report.fail(one.id, why);
  }
  for (const line of all.table()) report.note(line);
  const rounded = (value: number) => Math.round(value * 10_000) / 10_000;
  const { jaccard, action, difference } = all.figures;
  report.figure('jaccard', rounded(jaccard));
  report.figure('same action', rounded(action));
  report.figure('score difference', rounded(difference));
  report.figure('precision', rounded(unfailing.rates.precision));
  report.figure('recall', rounded(unfailing.rates.recall));
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

async function scan(scanner: Scanner, { id, message, headers, receivedAt }: ScanCase): Promise<OurReply> {
  const given = new Headers(headers.flatMap(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]));
  const scanned = await scanner.scan({ id, body: message, headers: given, receivedAt });
  const rules = { subject: scanner.spec.subject, publicGroupsOnly: false };
  const reply = JSON.parse(replyJson(replyValue(scanned, rules, 'modern'))) as ExpectedReply;
  const symbols = Object.entries(reply.symbols).map(
    ([name, { score, options = [] }]) => [name, { score, options }] as const,
  );
  return { action: reply.action, score: reply.score, symbols: new Map(symbols) };
}
