import type { ScanError, ScanErrorCode } from '../../message/errors.ts';
import type { Peer } from '../../message/peer.ts';

/** What stands for a mirror that answered, but not with a result, or that was cut off. */
export const noResult = 'unknown error';

/** What stands for a mirror whose result cannot be read. */
export const unreadableResult = 'cannot parse ucl';

type SystemError = NodeJS.ErrnoException | undefined;

/** The words of the original (rspamd: src/libserver/http/http_connection.c:rspamd_http_event_handler and around). */
const words: Readonly<Partial<Record<ScanErrorCode, (error: ScanError, system: SystemError) => string>>> = {
  UPSTREAM_UNREACHABLE: (error) => `Connection failed: ${systemText(error)}`,
  UPSTREAM_TIMEOUT: () => 'IO timeout',
  DEADLINE: () => 'IO timeout',
  UPSTREAM_BROKEN: (error, system) => {
    if (system?.code === undefined) return 'IO read error: unexpected EOF';
    return `${system.syscall === 'write' ? 'IO write error' : 'HTTP IO read error'}: ${systemText(error)}`;
  },
  UPSTREAM_MALFORMED: ({ detail }) =>
    `HTTP parser error: ${detail === 'not an HTTP reply' ? 'invalid constant string' : (detail ?? noResult)}`,
};

/** What compare scripts are given in place of the result of a mirror that failed. */
export function failureText(error: ScanError): string {
  return words[error.code]?.(error, systemErrorOf(error)) ?? noResult;
}

/** Where the C library's words are not those of libuv, but for the capital. */
const otherWords: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EHOSTUNREACH: 'No route to host',
  ENFILE: 'Too many open files in system',
  ENOTCONN: 'Transport endpoint is not connected',
};

function systemText(error: ScanError): string {
  const { detail = noResult } = error;
  return otherWords[systemErrorOf(error)?.code ?? ''] ?? detail.charAt(0).toUpperCase() + detail.slice(1);
}

function systemErrorOf({ cause }: ScanError): SystemError {
  return cause instanceof Error ? cause : undefined;
}

/** What connect(2) reports of a TCP connection before it waits for the other end. */
const immediate = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EAFNOSUPPORT']);

/**
 * Whether the connection was refused by this machine itself: for the original such a mirror was not started at all.
 * Nobody is waited for on unix sockets.
 */
export function failedAtOnce(error: ScanError, endpoint: Peer | undefined): boolean {
  if (error.code === 'OUT_OF_SOCKETS') return true;
  if (error.code !== 'UPSTREAM_UNREACHABLE') return false;
  return endpoint?.kind === 'unix' || immediate.has(systemErrorOf(error)?.code ?? '');
}
