import { getSystemErrorMap } from 'node:util';
import { ScanError } from '../../message/errors.ts';

/** `connection refused`, `no such file or directory`: the system's words where the error has a number. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  const known = error.errno === undefined ? undefined : getSystemErrorMap().get(error.errno);
  return known?.[1] ?? error.message;
}

/** Want of this machine: no scanner is to blame, and another one would fare no better. */
const ownWants = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** What a fault of the connection means, by the system call that met it. */
export function connectionFailure(error: NodeJS.ErrnoException): ScanError {
  if (ownWants.has(error.code ?? '')) return new ScanError('OUT_OF_SOCKETS', reasonOf(error), error);
  // A listener with nobody behind it may take a connection and drop it before we see it open.
  const unreachable = error.syscall === 'connect' && error.code !== 'ECONNRESET';
  return new ScanError(unreachable ? 'UPSTREAM_UNREACHABLE' : 'UPSTREAM_BROKEN', reasonOf(error), error);
}

/** The same before a TLS connection is secured: whatever goes wrong then, nothing was sent. */
export function handshakeFailure(error: NodeJS.ErrnoException & { readonly reason?: string }): ScanError {
  if (error.syscall === 'connect') return connectionFailure(error);
  // OpenSSL and the check of names put it best; the message of the former is full of numbers.
  const reason = typeof error.reason === 'string' && error.reason !== '' ? error.reason : reasonOf(error);
  return new ScanError('UPSTREAM_UNREACHABLE', `TLS handshake: ${reason}`, error);
}
