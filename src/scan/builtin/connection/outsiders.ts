import { flagOption } from '../../native/index.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';

/** Whether the client is neither one of ours nor authenticated: checks of machines are for strangers. */
export function isOutsider({ user, isLocal }: Task): boolean {
  return user === undefined && !isLocal;
}

/**
 * The clients that a module looks at. Options of the section `options` count where the module has neither of them
 * (rspamd: lualib/lua_util.lua:config_check_local_or_authed).
 */
export function clientsOf(
  { check_local: local, check_authed: authenticated }: ClientOptions,
  { section }: RuleContext,
): (task: Task) => boolean {
  const general = section('options');
  const isSilent = local === undefined && authenticated === undefined;
  const takesLocal = isSilent ? flagOption(general, 'check_local') : local;
  const takesAuthenticated = isSilent ? flagOption(general, 'check_authed') : authenticated;
  return ({ user, isLocal }) =>
    (takesAuthenticated === true || user === undefined) && (takesLocal === true || !isLocal);
}

interface ClientOptions {
  readonly check_local: boolean | undefined;
  readonly check_authed: boolean | undefined;
}
