import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { get, items, text, type UclObject, type UclValue } from '../../ucl/index.ts';
import type { DnsAnswer, DnsRecords, DnsType } from '../dns-answer.ts';
import { answerOfCode, errorTexts, failure, noData } from './outcomes.ts';
import type { FakeRecord } from './resolver.ts';

/** Outcomes by the names that DNS has for them (rspamd: contrib/librdns/util.c:rdns_rcode_fromstr). */
const outcomes: ReadonlyMap<string, DnsAnswer | undefined> = new Map([
  ['noerror', undefined],
  ['formerr', answerOfCode(1)],
  ['servfail', answerOfCode(2)],
  ['nxdomain', answerOfCode(3)],
  ['notimp', answerOfCode(4)],
  ['refused', answerOfCode(5)],
  ['yxdomain', answerOfCode(6)],
  ['yxrrset', answerOfCode(7)],
  ['nxrrset', answerOfCode(8)],
  ['notauth', answerOfCode(9)],
  ['notzone', answerOfCode(10)],
  ['timeout', failure(errorTexts.timeout)],
  ['neterr', failure(errorTexts.network)],
  ['norec', noData],
]);

const types: ReadonlySet<string> = new Set(['A', 'AAAA', 'TXT', 'MX', 'PTR', 'NS']);

/**
 * Reads `options.dns.fake_records`: `{ name, type, rcode, replies = […] }` each (rspamd: src/libserver/dns.c).
 * @param problem is told of those that cannot be used
 */
export function readFakes(tree: UclObject, problem: (text: string) => void): FakeRecord[] {
  const sections = items(get(tree, 'options')).map((options) => get(options, 'dns'));
  const given = sections.flatMap((dns) => [get(dns, 'fake_records') ?? get(dns, 'fake_replies')]);
  const records = given.flatMap((value) =>
    value?.type === 'array' ? value.items : value === undefined ? [] : [value],
  );
  return records.flatMap((value) => {
    const record = readFake(value);
    if (typeof record !== 'string') return [record];
    problem(`a record of options.dns.fake_records is left out: ${record}`);
    return [];
  });
}

/** @returns what is wrong with it */
function readFake(value: UclValue): FakeRecord | string {
  const name = stringOf(get(value, 'name'));
  if (name === undefined) return 'it has no name';
  const type = (stringOf(get(value, 'type')) ?? 'A').toUpperCase();
  if (!types.has(type)) return `${text(name)} has type ${type}; known are ${[...types].join(', ')}`;
  const code = (stringOf(get(value, 'rcode') ?? get(value, 'code')) ?? 'noerror').toLowerCase();
  if (!outcomes.has(code)) return `${text(name)} has rcode ${code}; known are ${[...outcomes.keys()].join(', ')}`;
  const failed = outcomes.get(code);
  if (failed !== undefined) return { name, type: type as DnsType, answer: failed };
  const replies = get(value, 'replies');
  const texts = (replies?.type === 'array' ? replies.items : replies === undefined ? [] : [replies]).map(stringOf);
  const records = texts.map((one) => recordOf(type as DnsType, one));
  if (records.length === 0 || records.includes(undefined))
    return `${text(name)} has no replies that are records of type ${type}`;
  return fakeOf(name, type as DnsType, records as DnsRecords[DnsType][]);
}

function fakeOf(name: string, type: DnsType, records: readonly DnsRecords[DnsType][]): FakeRecord {
  return { name, type, answer: { status: 'ok', records, error: undefined, cached: false } };
}

function stringOf(value: UclValue | undefined): string | undefined {
  if (value?.type === 'string') return value.value;
  return value?.type === 'int' ? String(value.value) : undefined;
}

function recordOf(type: DnsType, given: string | undefined): DnsRecords[DnsType] | undefined {
  if (given === undefined) return undefined;
  switch (type) {
    case 'A':
      return isIPv4(given) ? given : undefined;
    case 'AAAA':
      return isIPv6(given) ? given : undefined;
    case 'MX': {
      const [, priority, exchange] = /^(\d+)[ :](\S+)$/.exec(given) ?? [];
      return exchange === undefined ? undefined : { priority: Number(priority), exchange: exchange.toLowerCase() };
    }
    case 'TXT':
      return given;
    default:
      return given.toLowerCase().replace(/\.$/, '');
  }
}

/** Addresses of hosts files, as answers that are given without asking; a file that cannot be read has none. */
export function fakesOfHosts(paths: readonly string[]): FakeRecord[] {
  const byName = new Map<string, { readonly A: string[]; readonly AAAA: string[] }>();
  for (const line of paths.flatMap(linesOf)) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const type = isIPv4(address) ? 'A' : isIPv6(address) ? 'AAAA' : undefined;
    if (type === undefined) continue;
    for (const name of names) {
      const known = byName.get(name.toLowerCase()) ?? { A: [], AAAA: [] };
      known[type].push(address);
      byName.set(name.toLowerCase(), known);
    }
  }
  return [...byName].flatMap(([name, addresses]) =>
    (['A', 'AAAA'] as const)
      .filter((type) => addresses[type].length > 0)
      .map((type) => fakeOf(name, type, addresses[type])),
  );
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n');
  } catch {
    return [];
  }
}
