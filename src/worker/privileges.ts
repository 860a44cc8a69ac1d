import type { Accounts } from '../config/index.ts';

/** The user and group that workers run as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** For the supplementary groups; undefined where only a number is known. */
  readonly user: string | undefined;
}

/**
 * `-u` and `-g` of the command line, names or numbers; undefined where neither is given.
 * @throws an Error that names what the system does not know
 */
export function identityOf(
  user: string | undefined,
  group: string | undefined,
  accounts: Accounts,
): Identity | undefined {
  if (user === undefined && group === undefined) return undefined;
  const account = user === undefined ? undefined : accountOf(user, accounts);
  const gid = group === undefined ? account?.gid : groupOf(group, accounts);
  return {
    uid: account?.uid ?? process.getuid?.() ?? 0,
    gid: gid ?? process.getgid?.() ?? 0,
    user: account?.name,
  };
}

function accountOf(
  user: string,
  accounts: Accounts,
): { uid: number; gid: number | undefined; name: string | undefined } {
  const found = accounts.user(user);
  if (found !== undefined) return { ...found, name: user };
  if (/^\d+$/.test(user)) return { uid: Number(user), gid: undefined, name: undefined };
  throw new Error(`user ${user} does not exist`);
}

function groupOf(group: string, accounts: Accounts): number {
  const found = accounts.group(group);
  if (found !== undefined) return found;
  if (/^\d+$/.test(group)) return Number(group);
  throw new Error(`group ${group} does not exist`);
}

/** Gives up root for good: groups first, as afterwards that is no longer allowed. */
export function dropPrivileges({ uid, gid, user }: Identity): void {
  if (process.getuid?.() !== 0) return;
  process.setgid?.(gid);
  // @types/node does not know initgroups.
  const { initgroups } = process as { initgroups?: (user: string, gid: number) => void };
  if (user !== undefined) initgroups?.call(process, user, gid);
  else process.setgroups?.([gid]);
  process.setuid?.(uid);
}
