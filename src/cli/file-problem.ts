import { getSystemErrorMap } from 'node:util';

/** Why a file cannot be used, for people; other errors as they are. */
export function fileProblem(cause: unknown): string {
  const { errno, message } = cause as NodeJS.ErrnoException;
  const [, what] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return what ?? message;
}
