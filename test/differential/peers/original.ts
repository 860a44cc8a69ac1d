import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { insecure, type Peer, type Version } from './peer.ts';

/** The proxy worker of an rspamd binary; undefined where there is none. */
export function original(program: string | undefined): Peer | undefined {
  if (program === undefined || !existsSync(program)) return undefined;
  const version = versionOf(program);
  return {
    name: `rspamd ${version.join('.')}`,
    version,
    family: 'original',
    program,
    args: (config, folder) => {
      const variables = ['DBDIR', 'RUNDIR', 'LOGDIR'].map((name) => `--var=${name}=${folder}`);
      return ['-f', ...insecure, '-c', config, ...variables];
    },
    started: (output, workers) => (output.match(/starting rspamd_proxy process/g)?.length ?? 0) >= workers,
  };
}

export const debianProgram = ['/usr/bin/rspamd', '/usr/local/bin/rspamd'].find((path) => existsSync(path));

function versionOf(program: string): Version {
  const text = execFileSync(program, ['-v'], { encoding: 'utf8' });
  const [, major, minor, patch = '0'] = /version (\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (major === undefined) throw new Error(`${program} does not tell its version: ${text}`);
  return [Number(major), Number(minor), Number(patch)];
}
