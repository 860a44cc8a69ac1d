import type { Logger } from '../message/log.ts';
import { isLoopback } from '../message/peer.ts';
import type { OpenSocket } from './listen.ts';
import type { WorkerSpec } from './spec.ts';

/**
 * Says which TCP listeners take the names of files from whoever reaches them (rspamd: src/libserver/worker_util.c:
 * rspamd_worker_warn_file_shm_inputs). Milter clients cannot name any.
 */
export function warnOfFileInputs({ milter, http }: WorkerSpec, sockets: readonly OpenSocket[], logger: Logger): void {
  if (milter !== undefined || !http.allowFileInputs) return;
  for (const { label, unix } of sockets) {
    if (unix !== false) continue;
    const [, address = ''] = /^\[?(.*?)\]?:\d+$/.exec(label) ?? [];
    const local = isLoopback({ kind: 'inet', address, port: 0 });
    const text =
      `SECURITY: worker rspamd_proxy accepts privileged File/Path/Shm message source inputs on the TCP listener '${label}': ` +
      `${local ? 'every user of this machine' : 'every machine that reaches it'} can have files scanned that the proxy ` +
      'can read; set allow_file_and_shm_inputs = false, or listen on a unix socket';
    logger.log(local ? 'warning' : 'error', 'main', 'listen', '', text);
  }
}
