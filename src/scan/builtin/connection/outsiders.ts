import type { Task } from '../../task.ts';

/** Whether the client is neither one of ours nor authenticated: checks of machines are for strangers. */
export function isOutsider({ user, isLocal }: Task): boolean {
  return user === undefined && !isLocal;
}
