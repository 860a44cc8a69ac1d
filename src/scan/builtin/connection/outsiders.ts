import { type ClientOptions, clients } from '../../native/index.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';

/** Whether the client is neither one of ours nor authenticated: checks of machines are for strangers. */
export function isOutsider({ user, isLocal }: Task): boolean {
  return user === undefined && !isLocal;
}

/** The clients that a module looks at. */
export function clientsOf(options: ClientOptions, context: RuleContext): (task: Task) => boolean {
  const { checkLocal, checkAuthenticated } = clients(options, context);
  return ({ user, isLocal }) => (checkAuthenticated || user === undefined) && (checkLocal || !isLocal);
}
