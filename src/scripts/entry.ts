import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { LuaExit, type LuaFunction } from '../lua/index.ts';
import type { Logger, LogLevel } from '../message/log.ts';
import type { Answer, Job, LogFilter, Notice, ThreadData } from './protocol.ts';
import type { Script } from './script.ts';
import { ScriptWorld } from './world.ts';
import { zstdFor } from './zstd.ts';

/** Entry of a thread that runs scripts: loads them, then does one job after the other. */

const tell = (notice: Notice): void => parentPort?.postMessage(notice);

/** Whatever scripts do, mail goes first: on Linux every thread has a priority of its own. */
function stepBack(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, lowestPriority);
  } catch {
    // Elsewhere threads share that of the process.
  }
}

const lowestPriority = 19;

/** Lines of one job; more would keep the process from its mail. */
const mostLines = 500;

/** Sends lines to where the log is kept. */
class LineSender implements Logger {
  readonly #filter: LogFilter;
  #sent = 0;

  constructor(filter: LogFilter) {
    this.#filter = filter;
  }

  enabled(level: LogLevel, module: string): boolean {
    const { levels, debugModules } = this.#filter;
    return levels.includes(level) || (level === 'debug' && debugModules.includes(module.toLowerCase()));
  }

  log(level: LogLevel, module: string, fn: string, id: string, text: string): void {
    if (!this.enabled(level, module)) return;
    if (this.#sent++ < mostLines) tell({ kind: 'log', level, module, fn, id, text });
  }

  /** A new job begins. Tells how many lines of the last one are missing. */
  reset(sessionId: string): void {
    const missing = this.#sent - mostLines;
    this.#sent = 0;
    if (missing <= 0) return;
    const text = `scripts may log ${mostLines} lines for a message: ${missing} more are left out`;
    tell({ kind: 'log', level: 'warning', module: 'proxy', fn: 'scripts', id: sessionId, text });
  }
}

interface Loaded {
  readonly script: Script;
  readonly fn: LuaFunction | undefined;
}

async function serve({ scripts, paths, config, timeout, log, background, running }: ThreadData): Promise<void> {
  if (background) stepBack();
  const logger = new LineSender(log);
  const world = new ScriptWorld({ logger, paths, config, timeout, zstd: await zstdFor(scripts) });
  const begin = (index: number) => Atomics.store(running, 0, index);
  const found = scripts.map((script, index) => {
    begin(index);
    return world.load(script);
  });
  begin(-1);
  logger.reset('');
  const loaded = scripts.map((script, index): Loaded => {
    const one = found[index];
    return { script, fn: one !== undefined && 'ok' in one ? one.ok : undefined };
  });
  tell({ kind: 'loaded', problems: found.map((one) => ('problem' in one ? one.problem : undefined)) });
  parentPort?.on('message', (job: Job) => {
    try {
      const answer = run(world, loaded, job, begin);
      begin(-1);
      logger.reset(job.sessionId);
      tell(answer);
    } catch (cause) {
      if (!(cause instanceof LuaExit)) throw cause;
      tell({ kind: 'exit', code: cause.code });
      process.exit(0);
    }
  });
}

function run(world: ScriptWorld, loaded: readonly Loaded[], job: Job, begin: (index: number) => void): Answer {
  if (job.kind === 'compare') {
    for (const [index, { script, fn }] of loaded.entries()) {
      begin(index);
      if (fn !== undefined) world.compare(script, fn, job);
    }
    return { kind: 'compared' };
  }
  begin(job.script);
  const { script, fn } = loaded[job.script] ?? {};
  if (script === undefined || fn === undefined) return { kind: 'parsed', parsed: { is: 'failed' } };
  const body = Buffer.from(job.body.buffer, job.body.byteOffset, job.body.length).toString('latin1');
  return { kind: 'parsed', parsed: world.parse(script, fn, body, job) };
}

await serve(workerData as ThreadData);
