import { join } from 'node:path';
import { type ConfigTree, type ProxyConfig, stateFolder } from '../config/index.ts';

/** Files by which a running program is asked, and remembers. */
export interface StateFiles {
  /** As `bind_socket`; undefined where the configuration has none. */
  readonly controlSocket: string | undefined;
  readonly statistics: string | undefined;
}

/** Those of the configuration; where the machine has none, ones that no Rspamd there has. */
export function stateFiles({ options }: ProxyConfig, { location, paths }: ConfigTree): StateFiles {
  if (location.file !== undefined) return { controlSocket: options.control_socket, statistics: options.stats_file };
  const folder = stateFolder(paths['DBDIR']);
  return {
    controlSocket: `${join(folder, 'rspamd-proxy.sock')} mode=0600`,
    statistics: join(folder, 'rspamd-proxy.stats'),
  };
}
