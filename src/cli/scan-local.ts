import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ScanPool } from '../backends/index.ts';
import { selfScanSpec } from '../worker/index.ts';
import { fileProblem } from './file-problem.ts';
import type { Io } from './io.ts';
import { wantsColor } from './io.ts';
import { localWork } from './local-work.ts';
import type { TreeFlags } from './options.ts';
import { Progress } from './progress.ts';
import { renderVerdict } from './verdict.ts';

export interface LocalScanOptions extends TreeFlags {
  readonly json?: boolean;
  /** Request headers, name, value, … */
  readonly headers: readonly string[];
}

/** A verdict, as /checkv2 answers; or why there is none. */
type Outcome = { readonly file: string; readonly took: number } & (
  | { readonly json: string }
  | { readonly failure: string }
);

/**
 * Scans files, and all files of folders, in this process with the configuration's own rules.
 * @returns the exit code: 0 where every file has a verdict
 */
export async function scanLocal(names: readonly string[], options: LocalScanOptions, io: Io): Promise<number> {
  const work = await localWork(names, options, io);
  if (work === undefined) return 1;
  const { config, files } = work;
  const spec = selfScanSpec(config, Math.min(availableParallelism(), files.length));
  const pool = new ScanPool(spec.thread, { ...spec.pool, queue: files.length }, quiet(io));
  const progress = new Progress(io.stderr, files.length);
  try {
    await pool.ready;
    const outcomes = await scanAll(files, options.headers, pool, progress, (outcome) => report(outcome, options, io));
    if (outcomes.length > 1 && options.json !== true) io.stdout.write(summary(outcomes));
    return outcomes.every((outcome) => 'json' in outcome) ? 0 : 1;
  } finally {
    progress.end();
    await pool.close();
  }
}

/** Messages are read when their turn comes: folders may hold more than memory does. */
const atOnce = 32;

async function scanAll(
  files: readonly string[],
  headers: readonly string[],
  pool: ScanPool,
  progress: Progress,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const started: Promise<Outcome>[] = [];
  for (let next = 0; outcomes.length < files.length; ) {
    while (next < files.length && started.length < atOnce)
      started.push(scanFile(files[next++] as string, headers, pool));
    // In the order of their names, whichever is ready first.
    const outcome = await (started.shift() as Promise<Outcome>);
    outcomes.push(outcome);
    progress.step();
    progress.end();
    tell(outcome);
  }
  return outcomes;
}

async function scanFile(file: string, headers: readonly string[], pool: ScanPool): Promise<Outcome> {
  const began = performance.now();
  try {
    const body = readFileSync(file === '-' ? 0 : file);
    const reply = await pool.scan({
      id: 'local',
      headers,
      body,
      receivedAt: Date.now(),
      shape: 'modern',
      format: 'json',
    });
    return { file, took: performance.now() - began, json: reply.toString() };
  } catch (cause) {
    return { file, took: performance.now() - began, failure: fileProblem(cause) };
  }
}

function report(outcome: Outcome, { json }: LocalScanOptions, io: Io): void {
  if ('failure' in outcome) io.stderr.write(`${outcome.file}: ${outcome.failure}\n`);
  else if (json === true) io.stdout.write(`${outcome.json}\n`);
  else io.stdout.write(renderVerdict(outcome.file, outcome.json, outcome.took, wantsColor(io.stdout, io)));
}

/** How many messages came to which action, with the scores. */
function summary(outcomes: readonly Outcome[]): string {
  const rows = new Map<string, { count: number; score: number }>();
  for (const outcome of outcomes) {
    const { action, score } = 'json' in outcome ? verdictOf(outcome.json) : { action: 'no verdict', score: 0 };
    const row = rows.get(action) ?? { count: 0, score: 0 };
    rows.set(action, { count: row.count + 1, score: row.score + score });
  }
  const width = Math.max(...[...rows.keys()].map(({ length }) => length));
  const lines = [...rows]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([action, { count, score }]) => {
      const share = `${((count / outcomes.length) * 100).toFixed(1)} %`;
      return `${action.padEnd(width)}  ${String(count).padStart(6)}  ${share.padStart(7)}  mean score ${(score / count).toFixed(2)}`;
    });
  return `\n${outcomes.length} messages\n${lines.join('\n')}\n`;
}

function verdictOf(json: string): { action: string; score: number } {
  return JSON.parse(json) as { action: string; score: number };
}

/** What a scanner has to say is for people at a terminal here. */
function quiet(io: Io) {
  return {
    log: (level: string, _module: string, _fn: string, _id: string, text: string): void => {
      if (level !== 'info' && level !== 'debug') io.stderr.write(`${text}\n`);
    },
    enabled: (level: string): boolean => level !== 'info' && level !== 'debug',
  };
}
