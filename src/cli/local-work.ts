import type { ProxyConfig } from '../config/index.ts';
import { isUsable, readConfiguration } from './configuration.ts';
import { fileProblem } from './file-problem.ts';
import type { Io } from './io.ts';
import { messageFiles } from './messages.ts';
import { type TreeFlags, treeOptions } from './options.ts';
import { reportFindings } from './report.ts';

/** What a command works on that needs no running proxy. */
export interface LocalWork {
  readonly config: ProxyConfig;
  /** `-` for standard input. */
  readonly files: readonly string[];
}

/**
 * Reads the configuration that the flags name, and finds the files that are meant.
 * @returns undefined where one of them cannot be used: the user has been told
 */
export async function localWork(names: readonly string[], flags: TreeFlags, io: Io): Promise<LocalWork | undefined> {
  const chosen = treeOptions(flags, io);
  if ('problem' in chosen) return complain(io, chosen.problem);
  const configuration = await readConfiguration(chosen.ok);
  if (configuration.config === undefined || !isUsable(configuration)) {
    reportFindings(configuration.findings, io);
    return complain(io, 'the configuration cannot be used; configtest says more');
  }
  try {
    return { config: configuration.config, files: messageFiles(names.length === 0 ? ['-'] : names) };
  } catch (cause) {
    const { path = '-' } = cause as NodeJS.ErrnoException;
    return complain(io, `${path}: ${fileProblem(cause)}`);
  }
}

function complain(io: Io, text: string): undefined {
  io.stderr.write(`${text}\n`);
  return undefined;
}
