import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where what lasts is kept: DBDIR, and where there is no Rspamd on the machine a folder of the user's own (XDG Base
 * Directory Specification).
 */
export function stateFolder(packaged: string | undefined): string {
  if (packaged !== undefined && existsSync(packaged)) return packaged;
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'rspamd-proxy');
}
