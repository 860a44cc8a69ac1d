import { getSystemErrorMap } from 'node:util';
import { three } from '../runtime/results.ts';
import type { LuaResult } from '../values/types.ts';

/** C's words for error numbers, which differ from Node's. */
const texts: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EIO: 'Input/output error',
  EBADF: 'Bad file descriptor',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Invalid cross-device link',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  ESPIPE: 'Illegal seek',
  EROFS: 'Read-only file system',
  EPIPE: 'Broken pipe',
  ENAMETOOLONG: 'File name too long',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  ENXIO: 'No such device or address',
  ENODEV: 'No such device',
};

export interface SystemError {
  readonly text: string;
  readonly number: number;
}

/** What a failed system call of Node comes to in C's terms. Other errors are thrown on. */
export function reason(error: unknown): SystemError {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined || errno === undefined) throw error;
  const known = getSystemErrorMap().get(errno);
  return { text: texts[code] ?? known?.[1] ?? code, number: -errno };
}

/** nil, `name: reason` and the error number. */
export function failure(error: unknown, name?: string): LuaResult {
  const { text, number } = reason(error);
  return three(undefined, name === undefined ? text : `${name}: ${text}`, number);
}
