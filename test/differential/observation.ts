import type { SeenRequest } from '../support/scripted-scanner.ts';

/** What a client got back for one request. */
export interface SeenReply {
  /** `reply`: a complete one; `closed`: the end of the connection before that; `nothing`: not even that, in time. */
  readonly kind: 'reply' | 'closed' | 'nothing';
  readonly status: number;
  readonly reason: string;
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
  /** Of a reply that is no HTTP: all of it. */
  readonly body: Buffer;
  /** Seconds from the start of the request to the complete reply. */
  readonly after: number;
  /** Seconds to the end of the connection; undefined where we closed it ourselves. */
  readonly end: number | undefined;
}

export interface SeenScanner {
  readonly connections: number;
  readonly requests: readonly SeenRequest[];
}

/** All that can be said about a peer from outside, after the steps of a case. */
export interface Observation {
  readonly replies: readonly SeenReply[];
  readonly scanners: Readonly<Record<string, SeenScanner>>;
  readonly log: string;
  readonly exit: number | string | undefined;
  readonly workers: Readonly<Record<string, number>>;
  /** Text of a file in the folder of the case; undefined where there is none. */
  file(name: string): string | undefined;
}

/** For the report of a case that failed. */
export function describeObservation({ replies, scanners, exit, workers, log }: Observation): string {
  const lines = replies.map((reply, index) => `reply ${index + 1}: ${describeReply(reply)}`);
  for (const [name, { connections, requests }] of Object.entries(scanners)) {
    lines.push(`scanner ${name}: ${connections} connections, ${requests.length} requests`);
    for (const { method, target, fields, body } of requests.slice(0, 3)) {
      lines.push(`  ${method} ${target} (${body.length} bytes) ${pairs(fields)}`);
    }
  }
  lines.push(`asked: ${askedOf(scanners)}`, `exit: ${exit}, workers: ${JSON.stringify(workers)}`);
  return `${lines.join('\n')}\nlog:\n${log.slice(-6000)}`;
}

export function describeReply({ kind, status, reason, body, after, end, fields }: SeenReply): string {
  const head = kind === 'reply' ? `${status} ${reason}` : kind;
  const headers = fields.map(([name, value]) => `${name}: ${value}`).join('; ');
  return `${head} after ${after.toFixed(3)} s, end ${end?.toFixed(3)} (${headers}) ${body.toString('latin1').slice(0, 200)}`;
}

/** Names of the scanners in the order in which requests came in. */
export function askedOf(scanners: Observation['scanners']): string {
  const all = Object.entries(scanners).flatMap(([name, { requests }]) => requests.map(({ at }) => ({ name, at })));
  return all
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name)
    .join(' ');
}

function pairs(fields: readonly string[]): string {
  return fields.flatMap((value, at) => (at % 2 === 1 ? `${fields[at - 1]}: ${value}` : [])).join('; ');
}
