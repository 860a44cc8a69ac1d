import { systemError } from '../lua/index.ts';

/** What a failed system call says in C's words. Other errors are thrown on. */
export function systemReason(error: unknown): string {
  return systemError(error).text;
}

/** A path in a byte string as system calls take it. */
export function pathOf(bytes: string): Buffer {
  return Buffer.from(bytes, 'latin1');
}
