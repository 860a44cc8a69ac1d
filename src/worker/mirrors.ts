import { ComparisonLog } from '../compare/index.ts';
import type { Logger } from '../message/log.ts';
import { type Mirror, Mirrors, type ProxyCounts } from '../proxy/index.ts';
import type { UpstreamGroup } from '../upstreams/index.ts';
import { fileTarget, LineWriter } from './log/writer.ts';
import type { WorkerScripts } from './scripts.ts';
import type { WorkerSpec } from './spec.ts';
import { createTarget, type Means } from './targets.ts';

/** The mirrors of a worker, and who is told of comparisons. */
export interface Mirroring {
  readonly observer: Mirrors;
  readonly hosts: readonly UpstreamGroup[];
  /** Opens the file anew; where that fails the old one stays in use, and the log says so. */
  reopenLog(): void;
  /** To be called when the observer is closed. */
  closeLog(): void;
}

/**
 * Reading a result takes time that clients of this worker wait for, and a mirror may be of any quality: what is larger
 * than any verdict, or cannot be read quickly, counts as unreadable.
 */
const readable = { maxBytes: 1024 * 1024, maxRelaxed: 8 * 1024 } as const;

/**
 * Undefined where there is neither a mirror nor a compare script.
 * @throws when the comparison log cannot be opened
 */
export function createMirrors(
  spec: WorkerSpec,
  means: Means,
  scripts: WorkerScripts | undefined,
  counts: ProxyCounts,
): Mirroring | undefined {
  if (spec.mirrors.length === 0 && scripts?.compare === undefined) return undefined;
  const { logger } = means;
  const targets = spec.mirrors.map((mirror) => {
    return [mirror, createTarget(mirror, means, { readable, parse: scripts?.parse(mirror) })] as const;
  });
  const mirrors = targets.map(([mirror, { backend }]): Mirror => {
    const { name, probability, followMaster, timeout } = mirror;
    return { name, backend, probability, followMaster, timeout };
  });
  const file = spec.comparisonLog && openLog(spec.comparisonLog);
  const log = file && new ComparisonLog((line) => file.write(line));
  const listeners = [log, scripts?.compare].filter((one) => one !== undefined);
  return {
    observer: new Mirrors({ mirrors, listeners, logger, counts }),
    hosts: targets.map(([, { hosts }]) => hosts),
    reopenLog: () => file && reopen(file, logger),
    closeLog: () => file?.close(),
  };
}

function openLog({ path, owner }: NonNullable<WorkerSpec['comparisonLog']>): LineWriter {
  try {
    return new LineWriter(fileTarget(path, owner));
  } catch (cause) {
    throw new Error(`cannot open comparison_log: ${(cause as Error).message}`, { cause });
  }
}

function reopen(file: LineWriter, logger: Logger): void {
  try {
    file.reopen();
  } catch (cause) {
    const text = `cannot open comparison_log again, the old file stays in use: ${(cause as Error).message}`;
    logger.log('error', 'main', 'reopen', '', text);
  }
}
