import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Limits of the operating system for a worker process (setrlimit(2)); undefined where none is configured. */
export interface ResourceLimits {
  /** Open files (`max_files`). */
  readonly files: number | undefined;
  /** Bytes of a core file (`max_core`). */
  readonly core: number | undefined;
}

/** Node cannot set limits; prlimit(1) can, for a process that runs. Rejects, saying why, where it cannot. */
export async function limitResources(pid: number, { files, core }: ResourceLimits): Promise<void> {
  const options = [
    ...(files === undefined ? [] : [`--nofile=${files}:${files}`]),
    ...(core === undefined ? [] : [`--core=${core}:${core}`]),
  ];
  if (options.length > 0) await promisify(execFile)('prlimit', ['--pid', String(pid), ...options]);
}
