import { type SpawnSyncOptions, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { outOfTime, timeLeft } from '../runtime/limits.ts';

/**
 * Runs a command with the shell, for as long as the program itself may run. @param command byte string
 * @throws LuaInterrupt when the time was over before the command was
 */
export function shell(command: string, options: SpawnSyncOptions): SpawnSyncReturns<Buffer> {
  const timeout = timeLeft();
  const result = spawnSync('/bin/sh', ['-c', Buffer.from(command, 'latin1').toString()], {
    ...options,
    encoding: 'buffer',
    killSignal: 'SIGKILL',
    ...(timeout !== undefined && { timeout }),
  });
  if ((result.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') throw outOfTime();
  return result;
}
