import type { TestContext } from 'node:test';
import { Headers } from '../../../src/message/headers.ts';
import { silentLogger } from '../../../src/message/log.ts';
import { Resolver, stockDnsSettings } from '../../../src/scan/dns/index.ts';
import type { DnsResolver } from '../../../src/scan/dns-answer.ts';
import { readEnvelope } from '../../../src/scan/envelope.ts';
import { type Knowledge, Message } from '../../../src/scan/message/index.ts';
import { suffixesOfList } from '../../../src/scan/message/url/suffixes.ts';
import { MapReader, Selectors } from '../../../src/scan/native/index.ts';
import { Results } from '../../../src/scan/results.ts';
import { type Rule, RuleRegistry } from '../../../src/scan/rule.ts';
import { Task } from '../../../src/scan/task.ts';
import { type DnsServer, type DnsZone, startDnsServer } from '../../support/dns-server.ts';

export interface RequestOfTest {
  /** Byte string, or the bytes. */
  readonly message?: string | Buffer;
  /** Of the request, in order. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  /** Milliseconds since the epoch. */
  readonly receivedAt?: number;
}

const localAddress = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|127\.|::1$|fe80:|fd00:)/;

/** Maps of a machine on which nothing is kept. @param problem is told of sources that cannot be used */
export function mapsOf(problem: (text: string) => void): MapReader {
  return new MapReader({ stateFolder: '/nonexistent', logger: silentLogger, section: () => undefined, problem });
}

/** Selectors of a machine that knows few suffixes and has no maps for them. */
export const selectors = new Selectors({ suffixes: suffixesOfList('com\norg\nnet\nco.uk\n'), map: () => undefined });

/** A task as a scanner would make it. */
export function makeTask(request: RequestOfTest, dns: DnsResolver, knowledge?: Knowledge): Task {
  const { message = '', headers = [], receivedAt = Date.now() } = request;
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  const list = Headers.of(...headers);
  const deadline = performance.now() + 60_000;
  return new Task({
    id: 'test',
    message: new Message(bytes, knowledge),
    envelope: readEnvelope(list),
    headers: list,
    receivedAt,
    deadline,
    dns: dns.forTask(deadline),
    results: new Results({ symbols: new Map(), actions: [], unknownWeight: 1, growFactor: 1, shots: 100 }),
    isLocal: (ip) => localAddress.test(ip),
  });
}

/** Runs rules one after another, each behind those that it waits for. */
export async function runRules(task: Task, rules: readonly Rule[]): Promise<void> {
  const registry = new RuleRegistry().add(...rules);
  const isEmpty = task.has('empty');
  const done = new Set<Rule>();
  const run = async (rule: Rule): Promise<void> => {
    if (done.has(rule)) return;
    done.add(rule);
    for (const name of rule.after ?? []) {
      const before = registry.ruleOf(name);
      if (before !== undefined) await run(before);
    }
    if (isEmpty && rule.flags?.includes('empty') !== true) return;
    if (rule.condition?.(task) !== false) await rule.run(task);
  };
  for (const rule of rules) await run(rule);
}

/** What a task found: symbol to its options. */
export function found(task: Task): Record<string, string[]> {
  return Object.fromEntries([...task.results.symbols].map(([name, { options }]) => [name, [...options]]));
}

export interface DnsRig {
  readonly server: DnsServer;
  readonly resolver: Resolver;
  /** Scans a message by rules. */
  scan(request: RequestOfTest, ...rules: readonly Rule[]): Promise<Record<string, string[]>>;
}

/** A resolver that asks a nameserver with that zone. */
export async function startDns(t: TestContext, zone: DnsZone): Promise<DnsRig> {
  const server = await startDnsServer(t, zone);
  const resolver = new Resolver({ ...stockDnsSettings, servers: [server.address], timeout: 5000 });
  t.after(() => resolver.close());
  return {
    server,
    resolver,
    scan: async (request, ...rules) => {
      const task = makeTask(request, resolver);
      await runRules(task, rules);
      return found(task);
    },
  };
}
