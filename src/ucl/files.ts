import { readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EPERM: 'Operation not permitted',
};

/** A file that could not be read. */
export interface FileFailure {
  readonly failed: 'missing' | 'irregular' | 'unreadable';
  readonly message: string;
}

export interface FileContent {
  readonly failed?: undefined;
  /** Real path, a byte string. */
  readonly path: string;
  /** A byte string. */
  readonly text: string;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? code ?? message;
}

/** A path as the system wants it: its bytes. */
function asBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** The real path of a file; a byte string, like the path asked for. */
export function realPath(cwd: string, path: string): string | FileFailure {
  try {
    // Like realpath(3), for which an empty name is no file at all.
    if (path === '') return { failed: 'missing', message: `cannot open file ${path}: ${reasons['ENOENT']}` };
    return realpathSync.native(asBytes(resolve(cwd, path)), { encoding: 'latin1' });
  } catch (error) {
    return { failed: 'missing', message: `cannot open file ${path}: ${reasonOf(error)}` };
  }
}

/** Reads a file whose real path is known. */
export function readRealFile(path: string): FileContent | FileFailure {
  try {
    if (!statSync(asBytes(path)).isFile())
      return { failed: 'irregular', message: `file ${path} is not a regular file` };
    return { path, text: readFileSync(asBytes(path), 'latin1') };
  } catch (error) {
    return { failed: 'unreadable', message: `cannot open file ${path}: ${reasonOf(error)}` };
  }
}

/** Reads a file. */
export function readPath(cwd: string, path: string): FileContent | FileFailure {
  const real = realPath(cwd, path);
  return typeof real === 'string' ? readRealFile(real) : real;
}
