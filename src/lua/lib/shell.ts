import { type SpawnSyncOptions, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { outOfTime, timeLeft } from '../runtime/limits.ts';
import { cString } from './c-string.ts';

/**
 * Runs a command with the shell, for as long as the program itself may run. Where that is limited, the command is a
 * process group of its own that is killed as one.
 *
 * @param command byte string
 * @throws LuaInterrupt when the time was over before the command was
 */
export function shell(command: string, options: SpawnSyncOptions): SpawnSyncReturns<Buffer> {
  const timeout = timeLeft();
  const result = spawnSync('/bin/sh', ['-c', cString(command).toString()], {
    ...options,
    encoding: 'buffer',
    killSignal: 'SIGKILL',
    ...(timeout !== undefined && { timeout, detached: true }),
  });
  if ((result.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') {
    killGroup(result.pid);
    throw outOfTime();
  }
  return result;
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}
