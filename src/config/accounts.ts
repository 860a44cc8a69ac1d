import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Accounts } from './bind.ts';

/**
 * Users and groups of this machine. Node cannot ask for them: the files are read first, then `getent`, which knows the
 * other directories (LDAP and the like) too.
 */
export const systemAccounts: Accounts = {
  user: (name) => {
    const [, , uid, gid] = record('passwd', name) ?? [];
    return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
  },
  group: (name) => {
    const [, , gid] = record('group', name) ?? [];
    return gid === undefined ? undefined : Number(gid);
  },
};

function record(database: 'passwd' | 'group', name: string): string[] | undefined {
  if (name === '' || name.includes(':')) return undefined;
  return findRecord(fileText(`/etc/${database}`), name) ?? findRecord(getent(database, name), name);
}

function findRecord(lines: string, name: string): string[] | undefined {
  return lines
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[0] === name && /^\d+$/.test(fields[2] ?? ''));
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function getent(database: string, name: string): string {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return execFileSync('getent', ['--', database, name], { encoding: 'utf8', timeout: 5000, stdio: [...stdio] });
  } catch {
    return '';
  }
}
