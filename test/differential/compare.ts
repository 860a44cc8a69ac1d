import type { SeenRequest } from '../support/scripted-scanner.ts';
import type { Expectation, HeaderPatterns, Range, ReplyPattern, RequestPattern } from './case.ts';
import { fieldOf } from './clients.ts';
import { failureProblems, toldBy } from './failures.ts';
import { askedOf, describeReply, type Observation, type SeenReply } from './observation.ts';
import type { Peer } from './peers/peer.ts';

type Text = string | RegExp;

/** Where an observation is not what was expected; empty where it is. */
export function differences(expected: Expectation, seen: Observation, family: Peer['family']): string[] {
  return [
    ...replyDifferences(expected.replies, seen.replies, family),
    ...replyDifferences(expected.last, seen.replies.slice(-(expected.last?.length ?? 0)), family),
    ...tallyDifferences(expected.tally, seen.replies, family),
    ...scannerDifferences(expected, seen),
    ...(expected.log ?? []).flatMap(({ has, times = [1, Number.POSITIVE_INFINITY] }) => {
      const count = seen.log.match(new RegExp(has.source, `${has.flags.replace('g', '')}g`))?.length ?? 0;
      return outside(times, count) ? [`log: ${has} ${count} times, not ${times}`] : [];
    }),
    ...(expected.exit === undefined || expected.exit === seen.exit ? [] : [`exit: ${seen.exit}, not ${expected.exit}`]),
    ...Object.entries(expected.workers ?? {}).flatMap(([name, count]) =>
      seen.workers[name] === count ? [] : [`workers ${name}: ${seen.workers[name]}, not ${count}`],
    ),
    ...Object.entries(expected.files ?? {}).flatMap(([name, wanted]) => fileDifferences(name, wanted, seen)),
  ];
}

function fileDifferences(name: string, wanted: RegExp | null, seen: Observation): string[] {
  const content = seen.file(name);
  if (wanted === null ? content === undefined : content !== undefined && wanted.test(content)) return [];
  return [`file ${name}: ${JSON.stringify(content?.slice(0, 500))}, not ${wanted}`];
}

function tallyDifferences(
  wanted: Expectation['tally'],
  replies: readonly SeenReply[],
  family: Peer['family'],
): string[] {
  if (wanted === undefined) return [];
  const kinds = Object.entries(wanted) as Array<[keyof typeof wanted, Range]>;
  const ofKind = (kind: keyof typeof wanted): SeenReply[] =>
    replies.filter((reply) => kindDifferences(kind, reply, family).length === 0);
  const known = new Set(kinds.flatMap(([kind]) => ofKind(kind)));
  return [
    ...kinds.flatMap(([kind, range]) => {
      const count = ofKind(kind).length;
      return outside(range, count) ? [`${count} replies are ${kind}, not ${range}`] : [];
    }),
    ...replies.filter((reply) => !known.has(reply)).map((reply) => `unexpected: ${describeReply(reply)}`),
  ];
}

function replyDifferences(
  expected: readonly ReplyPattern[] = [],
  seen: readonly SeenReply[],
  family: Peer['family'],
): string[] {
  if (expected.length > 0 && expected.length !== seen.length) return [`${seen.length} replies, not ${expected.length}`];
  return expected.flatMap((pattern, index) => {
    const reply = seen[index] as SeenReply;
    return oneReply(pattern, reply, family).map((what) => `reply ${index + 1}: ${what}; it is ${describeReply(reply)}`);
  });
}

function oneReply(pattern: ReplyPattern, reply: SeenReply, family: Peer['family']): string[] {
  const { by, body, headers, after, end } = pattern;
  return [
    ...kindDifferences(pattern.is, reply, family),
    ...(by === undefined || signatureOf(reply) === by ? [] : [`not by scanner ${by}`]),
    ...(body === undefined || matches(body, reply.body.toString('latin1')) ? [] : [`body is not ${body}`]),
    ...headerDifferences(headers, (name) => {
      return reply.fields.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    }),
    ...(after === undefined || !outside(after, reply.after) ? [] : [`complete not after ${after} s`]),
    ...(end === undefined || (reply.end !== undefined && !outside(end, reply.end)) ? [] : [`no end after ${end} s`]),
  ];
}

function kindDifferences(wanted: ReplyPattern['is'], reply: SeenReply, family: Peer['family']): string[] {
  if (wanted === undefined) return [];
  if (wanted === 'closed' || wanted === 'nothing') return reply.kind === wanted ? [] : [`not ${wanted}`];
  const line = `${reply.status} ${reply.reason}`;
  if (wanted instanceof RegExp) return wanted.test(line) ? [] : [`not ${wanted}`];
  if (wanted === 'verdict') return reply.status === 200 && signatureOf(reply) !== undefined ? [] : ['no verdict'];
  const told = toldBy(family, wanted);
  if (told === 'closed') return reply.kind === 'closed' && reply.body.length === 0 ? [] : [`not ${wanted}: closed`];
  if (reply.kind !== 'reply' || !told.test(line)) return [`not ${wanted}: ${told}`];
  const type = fieldOf(reply.fields, 'Content-Type');
  return failureProblems(family, { reason: reply.reason, body: reply.body, type });
}

/** Whose verdict it is; empty for one of nobody in particular, undefined for what is none. */
function signatureOf({ body }: SeenReply): string | undefined {
  try {
    const json = JSON.parse(body.toString()) as { action?: string; scanner?: string };
    return json.action === undefined ? undefined : (json.scanner ?? '');
  } catch {
    return undefined;
  }
}

function scannerDifferences({ asked, requests, connections, saw, alike }: Expectation, seen: Observation): string[] {
  const order = askedOf(seen.scanners);
  const counts = (wanted: Readonly<Record<string, Range>> | undefined, what: 'requests' | 'connections'): string[] =>
    Object.entries(wanted ?? {}).flatMap(([name, range]) => {
      const scanner = seen.scanners[name];
      const count = what === 'requests' ? scanner?.requests.length : scanner?.connections;
      return count !== undefined && !outside(range, count) ? [] : [`scanner ${name}: ${count} ${what}, not ${range}`];
    });
  return [
    ...(asked === undefined || matches(asked, order) ? [] : [`asked: ${order}, not ${asked}`]),
    ...counts(requests, 'requests'),
    ...alikeDifferences(alike, seen),
    ...counts(connections, 'connections'),
    ...Object.entries(saw ?? {}).flatMap(([name, patterns]) => {
      const all = seen.scanners[name]?.requests ?? [];
      if (all.length !== patterns.length) return [`scanner ${name}: ${all.length} requests, not ${patterns.length}`];
      return patterns.flatMap((pattern, index) =>
        requestDifferences(pattern, all[index] as SeenRequest).map(
          (what) => `scanner ${name}, request ${index + 1}: ${what}`,
        ),
      );
    }),
  ];
}

function alikeDifferences(names: Expectation['alike'], { scanners }: Observation): string[] {
  const targets = (names ?? []).map((name) => {
    const all = scanners[name]?.requests.map(({ target }) => target) ?? [];
    return all.sort().join(' ');
  });
  return new Set(targets).size > 1 ? [`${names} have not seen the same requests: ${targets.join(' / ')}`] : [];
}

function requestDifferences({ method, target, headers, body }: RequestPattern, seen: SeenRequest): string[] {
  return [
    ...(method === undefined || method === seen.method ? [] : [`method ${seen.method}, not ${method}`]),
    ...(target === undefined || target === seen.target ? [] : [`target ${seen.target}, not ${target}`]),
    ...(body === undefined || matches(body, seen.body.toString('latin1'))
      ? []
      : [`body ${JSON.stringify(seen.body.toString('latin1'))}, not ${body}`]),
    ...headerDifferences(headers, (name) => seen.all(name)),
  ];
}

function headerDifferences(patterns: HeaderPatterns | undefined, all: (name: string) => readonly string[]): string[] {
  return Object.entries(patterns ?? {}).flatMap(([name, wanted]) => {
    const values = all(name);
    const list = wanted === null ? [] : isText(wanted) ? [wanted] : wanted;
    const same = list.length === values.length && list.every((one, index) => matches(one, values[index] ?? ''));
    return same ? [] : [`header ${name}: ${JSON.stringify(values)}, not ${wanted}`];
  });
}

function isText(value: Text | readonly Text[]): value is Text {
  return typeof value === 'string' || value instanceof RegExp;
}

function matches(wanted: Text, text: string): boolean {
  return typeof wanted === 'string' ? wanted === text : wanted.test(text);
}

function outside(range: Range, value: number): boolean {
  const [least, most] = typeof range === 'number' ? [range, range] : range;
  return value < least || value > most;
}
