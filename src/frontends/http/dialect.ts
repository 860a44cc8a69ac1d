import type { HeaderNames } from '../../message/header-names.ts';
import type { ReadonlyHeaders } from '../../message/headers.ts';
import type { ScanReply, Transport } from '../../message/scan.ts';
import { hasToken, parseRequestLine } from '../../wire/http/index.ts';
import { type Failure, httpFailure, httpReply } from './http-reply.ts';
import { legacyFailure, rspamcReply, spamcReply, spamcReport } from './legacy-reply.ts';
import { endsHere, endsHereForLegacy, endsHereForReports } from './received.ts';

/** What the first line of a message says about it, and how it is to be answered. */
export interface Dialect {
  readonly transport: Transport;
  readonly target: string;
  /** What of the header does not describe the message. */
  readonly dropped: HeaderNames;
  /** Interim replies may be sent. */
  readonly interim: boolean;
  /** Whether the client wants to send more on this connection. */
  keepsOpen(headers: ReadonlyHeaders): boolean;
  reply(reply: ScanReply, keep: boolean): Buffer[];
  failure(failure: Failure, keep: boolean): Buffer[];
}

/** @throws HttpError */
export function dialectOf(line: string, serverName: string): Dialect {
  const legacy = legacyLine(line);
  return legacy === undefined ? http(line, serverName) : legacyDialect(legacy);
}

function http(line: string, serverName: string): Dialect {
  const { method, target, minor } = parseRequestLine(line);
  const headOnly = method === 'HEAD';
  return {
    transport: 'http',
    target,
    dropped: endsHere,
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

interface LegacyLine {
  readonly protocol: 'rspamc' | 'spamc';
  readonly command: string;
  /** Minor version of SPAMC/1. */
  readonly minor: number;
}

/**
 * `CHECK RSPAMC/1.3`, `SYMBOLS SPAMC/1.2` and the like: what follows the first letter does not count (rspamd:
 * contrib/http-parser/http_parser.c:s_req_spamc_start). Further commands, which Rspamd does not know, are those of Exim
 * without `variant=rspamd` and of spamc that ask for no changed message.
 */
function legacyLine(line: string): LegacyLine | undefined {
  const [, command, letter] =
    /^(SYMBOLS|CHECK) +([RS])/.exec(line) ?? /^(REPORT|REPORT_IFSPAM) +(R|S)S?PAMC\//.exec(line) ?? [];
  if (command === undefined) return undefined;
  const minor = Number(/\/1\.(\d{1,3})/.exec(line)?.[1] ?? 5);
  return { protocol: letter === 'R' ? 'rspamc' : 'spamc', command, minor };
}

/** The end of the connection ends the answer. */
function legacyDialect({ protocol, command, minor }: LegacyLine): Dialect {
  const failure = (text: string): Buffer[] => [legacyFailure(protocol, text)];
  const render = protocol === 'rspamc' ? rspamcReply : spamcForms(command, minor);
  return {
    transport: protocol,
    target: '/checkv2',
    dropped: command.startsWith('REPORT') && protocol === 'spamc' ? endsHereForReports : endsHereForLegacy,
    interim: false,
    keepsOpen: () => false,
    reply: ({ result, encoding, status, reason }) =>
      result === undefined ? failure(`the scanner gave no verdict: ${status} ${reason}`) : [render(result, encoding)],
    failure: ({ message }) => failure(message),
  };
}

function spamcForms(command: string, minor: number): typeof spamcReply {
  if (!command.startsWith('REPORT')) return spamcReply;
  return (result, encoding) => spamcReport(result, encoding, { minor, onlySpam: command === 'REPORT_IFSPAM' });
}
