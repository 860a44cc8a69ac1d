import { silentLogger } from '../message/log.ts';
import type { Paths } from '../rspamd-lua/index.ts';
import type { UclObject } from '../ucl/index.ts';
import { Life } from './life.ts';
import type { Script, ScriptProblem } from './script.ts';
import { loadPatience, threadData } from './thread.ts';

/**
 * Loads scripts in a thread of their own, as a worker will.
 * @returns for each of them what is wrong, if anything is
 */
export async function checkScripts(
  scripts: readonly Script[],
  paths: Paths,
  config?: UclObject,
): Promise<ReadonlyArray<ScriptProblem | undefined>> {
  if (scripts.length === 0) return [];
  const data = threadData({
    name: '',
    scripts,
    paths,
    config,
    timeout: 0,
    background: false,
    logger: silentLogger,
    debugModules: [],
  });
  const life = new Life(data, silentLogger);
  try {
    return await life.loaded(loadPatience(scripts));
  } catch (cause) {
    const problem = { message: `cannot init lua parser script: ${(cause as Error).message}`, line: undefined };
    return scripts.map((_, index) => (index === life.current ? problem : undefined));
  } finally {
    await life.end('done');
  }
}
