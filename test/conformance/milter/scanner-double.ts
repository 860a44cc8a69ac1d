import { Headers } from '../../../src/message/headers.ts';
import type { Exchange, Session } from './session-file.ts';

/** A scan request as the scanner sees it. */
export interface SeenRequest {
  /** Undefined where the request did not go over HTTP. */
  readonly method: string | undefined;
  readonly target: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Plays the scanner of a recorded session: answers the n-th request as recorded and keeps what it saw. */
export class ScannerDouble {
  readonly seen: SeenRequest[] = [];
  readonly #exchanges: readonly Exchange[];

  constructor(session: Session) {
    this.#exchanges = session.exchanges;
  }

  /** Whether there is a scanner at all in this session. */
  get listens(): boolean {
    return this.#exchanges.length > 0;
  }

  /** The whole HTTP response, undefined for a scanner that is not there or closes without one. */
  answer(request: SeenRequest): Buffer | undefined {
    return this.#exchanges[this.seen.push(request) - 1]?.response;
  }

  expected(index: number): SeenRequest | undefined {
    const recorded = this.#exchanges[index]?.request;
    return recorded === undefined ? undefined : readHttpRequest(recorded);
  }
}

/** Start line, headers and body of an HTTP message that is there as a whole. */
export function splitHttp(message: Buffer): { startLine: string; headers: Headers; body: Buffer } {
  const end = message.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = message.toString('latin1', 0, end).split('\r\n');
  const fields = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+/, '')];
  });
  return { startLine, headers: new Headers(fields), body: message.subarray(end + 4) };
}

function readHttpRequest(message: Buffer): SeenRequest {
  const { startLine, headers, body } = splitHttp(message);
  const [method, target = ''] = startLine.split(' ');
  return { method, target, headers, body };
}

/** Which headers of a recorded request a proxy under test has to bring. */
export type Scope = 'front end' | 'whole request';

/** Headers that a backend adds on the way to a scanner. */
const ofBackend = new Set([
  'connection',
  'content-length',
  'content-type',
  'host',
  'log-tag',
  'settings-id',
  'compression',
  'content-encoding',
]);
const defaultAgent = /^rspamd-/;

/** Says how a request differs from the recorded one; the order of names does not matter, that of equal names does. */
export function compareRequests(expected: SeenRequest, seen: SeenRequest, scope: Scope): string[] {
  const problems: string[] = [];
  const differ = (what: string, wanted: unknown, got: unknown): void => {
    problems.push(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  };
  if (scope === 'whole request' && expected.method !== seen.method) differ('method', expected.method, seen.method);
  if (expected.target !== seen.target) differ('target', expected.target, seen.target);
  const [wanted, got] = [headerTable(expected.headers, scope), headerTable(seen.headers, scope)];
  for (const name of new Set([...wanted.keys(), ...got.keys()])) {
    const [left, right] = [wanted.get(name) ?? [], got.get(name) ?? []];
    if (JSON.stringify(left) !== JSON.stringify(right)) differ(`header ${name}`, left, right);
  }
  if (!expected.body.equals(seen.body))
    differ('body', expected.body.toString('latin1').slice(-200), seen.body.toString('latin1').slice(-200));
  return problems;
}

/** Values by name. Those of ESMTP arguments are sorted: their order is that of a hash table. */
function headerTable(headers: Headers, scope: Scope): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === 'host' || key === 'log-tag') continue;
    if (scope === 'front end' && (ofBackend.has(key) || (key === 'user-agent' && defaultAgent.test(value)))) continue;
    table.set(key, [...(table.get(key) ?? []), value]);
  }
  for (const [key, values] of table) if (key.endsWith('-esmtp-args')) values.sort();
  return table;
}
