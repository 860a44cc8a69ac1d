import type { Peer } from './peers/peer.ts';

/** Ways in which a message or a connection comes to nothing. */
export type FailureName =
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'cut off'
  | 'reset'
  | 'garbage'
  | 'no upstream'
  | 'no live host'
  | 'file refused'
  | 'too large to forward'
  | 'message too large'
  | 'header too large'
  | 'malformed'
  | 'incomplete'
  | 'encryption required';

/** A status line, or nothing but the end of the connection. */
type Told = RegExp | 'closed';

/**
 * The one difference that goes through everything: the original has numbers of its own for failures, with an empty
 * body; ours are those of HTTP (RFC 9110 section 15), with a JSON body, so that a client can tell what may be tried
 * again (5xx) from what may not (4xx). Where the original closes the connection without a word, we say why.
 */
const told: Readonly<Record<FailureName, Readonly<Record<Peer['family'], Told>>>> = {
  refused: {
    ours: /^502 cannot connect to the scanner: connection refused$/,
    // Older releases met it when they wrote.
    original: /^500 (Connection failed|IO write error): Connection refused$/,
  },
  unreachable: {
    ours: /^502 cannot connect to the scanner: no such file or directory$/,
    original: /^404 Backend not found$/,
  },
  timeout: {
    ours: /^504 the scanner did not answer in time(: connecting took longer than .*)?$/,
    // Releases of old mistook the end of the time for a fault of reading, now and then.
    original: /^(408 IO timeout|500 HTTP IO read error: Resource temporarily unavailable)$/,
  },
  'cut off': {
    ours: /^502 the scanner closed the connection before its reply was complete: unexpected end$/,
    original: /^400 IO read error: unexpected EOF$/,
  },
  reset: {
    ours: /^502 the scanner closed the connection before its reply was complete: connection reset by peer$/,
    original: /^500 (HTTP )?IO (read|write) error: Connection reset by peer$/,
  },
  garbage: {
    ours: /^502 the reply of the scanner cannot be understood: ./,
    original: /^400 HTTP parser error: invalid constant string$/,
  },
  'no upstream': { ours: /^503 no upstream is configured for this request/, original: /^404 Backend not found$/ },
  'no live host': { ours: /^503 no host of the upstream can be used now$/, original: /^404 Backend not found$/ },
  'file refused': {
    ours: /^400 File and shm message sources are not allowed$/,
    original: /^400 File and shm message sources are not allowed$/,
  },
  'too large to forward': {
    ours: /^413 the message is larger than max_message: ./,
    original: /^413 Message too large to forward$/,
  },
  'message too large': { ours: /^413 the message is larger than max_message: ./, original: 'closed' },
  'header too large': { ours: /^431 ./, original: 'closed' },
  malformed: { ours: /^400 the request cannot be understood: ./, original: 'closed' },
  incomplete: { ours: /^408 the request was not complete in time$/, original: 'closed' },
  'encryption required': { ours: /^403 this listener takes encrypted requests only/, original: 'closed' },
};

export function toldBy(family: Peer['family'], failure: FailureName): Told {
  return told[failure][family];
}

/** What else is true of the reply to a failure. @returns what is wrong with it */
export function failureProblems(
  family: Peer['family'],
  { reason, body, type }: { readonly reason: string; readonly body: Buffer; readonly type: string | undefined },
): string[] {
  if (family === 'original') {
    return body.length === 0 && type === 'text/plain' ? [] : [`body ${JSON.stringify(body.toString())}, ${type}`];
  }
  if (type !== 'application/json') return [`content type ${type}`];
  const json = JSON.parse(body.toString()) as { error?: string; error_domain?: string };
  const complete = json.error_domain === 'proxy-error' && json.error?.startsWith(reason.slice(0, 100)) === true;
  return complete ? [] : [`body ${body.toString()}`];
}
