import type { ReadonlyHeaders } from '../../message/headers.ts';
import type { ScanReply, Transport } from '../../message/scan.ts';
import { hasToken, parseRequestLine } from '../../wire/http/index.ts';
import { type Failure, httpFailure, httpReply } from './http-reply.ts';
import { legacyFailure, rspamcReply, spamcReply } from './legacy-reply.ts';

/** What the first line of a message says about it, and how it is to be answered. */
export interface Dialect {
  readonly transport: Transport;
  readonly target: string;
  /** Interim replies may be sent. */
  readonly interim: boolean;
  /** Whether the client wants to send more on this connection. */
  keepsOpen(headers: ReadonlyHeaders): boolean;
  reply(reply: ScanReply, keep: boolean): Buffer[];
  failure(failure: Failure, keep: boolean): Buffer[];
}

/** @throws HttpError */
export function dialectOf(line: string, serverName: string): Dialect {
  const [, word] = /^(?:SYMBOLS|CHECK) +([RS])/.exec(line) ?? [];
  if (word === undefined) return http(line, serverName);
  return legacy(word === 'R' ? 'rspamc' : 'spamc');
}

function http(line: string, serverName: string): Dialect {
  const { method, target, minor } = parseRequestLine(line);
  const headOnly = method === 'HEAD';
  return {
    transport: 'http',
    target,
    interim: minor > 0,
    keepsOpen: (headers) => minor > 0 && !hasToken(headers.get('Connection'), 'close'),
    reply: (reply, keep) => httpReply(reply, { serverName, keep, headOnly }),
    failure: (failure, keep) => httpFailure(failure, { serverName, keep, headOnly }),
  };
}

/** Before the first line is complete nobody knows better. */
export function unknownDialect(serverName: string): Pick<Dialect, 'failure'> {
  return { failure: (failure, keep) => httpFailure(failure, { serverName, keep, headOnly: false }) };
}

/**
 * `CHECK RSPAMC/1.3`, `SYMBOLS SPAMC/1.2` and the like: what follows the first letter does not count (rspamd:
 * contrib/http-parser/http_parser.c:s_req_spamc_start). The end of the connection ends the answer.
 */
function legacy(protocol: 'rspamc' | 'spamc'): Dialect {
  const render = protocol === 'rspamc' ? rspamcReply : spamcReply;
  const failure = (text: string): Buffer[] => [legacyFailure(protocol, text)];
  return {
    transport: protocol,
    target: '/checkv2',
    interim: false,
    keepsOpen: () => false,
    reply: ({ result, encoding, status, reason }) =>
      result === undefined ? failure(`the scanner gave no verdict: ${status} ${reason}`) : [render(result, encoding)],
    failure: ({ message }) => failure(message),
  };
}
