import { getSystemErrorMap } from 'node:util';
import { ScanError } from '../../message/errors.ts';

/** `connection refused`, `no such file or directory`: the system's words where the error has a number. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  const known = error.errno === undefined ? undefined : getSystemErrorMap().get(error.errno);
  return known?.[1] ?? error.message;
}

/** What a fault of the connection means, by the system call that met it. */
export function connectionFailure(error: NodeJS.ErrnoException): ScanError {
  // A listener with nobody behind it may take a connection and drop it before we see it open.
  const unreachable = error.syscall === 'connect' && error.code !== 'ECONNRESET';
  return new ScanError(unreachable ? 'UPSTREAM_UNREACHABLE' : 'UPSTREAM_BROKEN', reasonOf(error), error);
}
