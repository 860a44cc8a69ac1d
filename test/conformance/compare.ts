import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompareScripts } from '../../src/scripts/index.ts';
import { comparison, LineLog, type LogEntry } from '../support/script-runner.ts';
import { firstDifference, type RecordedScript, recordedScripts } from './scripts/folder.ts';
import type { Reporter, Suite } from './suite.ts';

/** The answers to one message. */
interface Call {
  readonly master: unknown;
  readonly mirrors: Readonly<Record<string, unknown>>;
}

interface Outcome {
  readonly log: ReadonlyArray<{
    readonly level: string;
    readonly module: string;
    readonly where: string;
    readonly msg: string;
  }>;
  /** Files that the script wrote, by the name below its folder. */
  readonly files: Readonly<Record<string, string>>;
}

/** Scripts write there; while they are run it is a folder of our own. */
const logFolder = '/var/log/rspamd/';

/** Runs a script as a worker does: in its thread, one message after the other. */
export async function runCompareScript({ name, text, calls }: RecordedScript<Call, unknown>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-compare-'));
  const logger = new LineLog();
  const own = `${folder}/`;
  const script = {
    kind: 'compare',
    name: `${name}.lua`,
    chunk: `@/etc/rspamd/${name}.lua`,
    text: text.replaceAll(logFolder, own),
  } as const;
  const scripts = new CompareScripts({
    scripts: [script],
    paths: {},
    config: undefined,
    timeout: 30_000,
    logger,
    debugModules: [],
  });
  try {
    await scripts.ready;
    for (const { master, mirrors } of calls) scripts.compared(comparison({ master, ...mirrors }));
    await scripts.done();
    const restored = (written: string): string => written.replaceAll(own, logFolder);
    return {
      log: logger.lines.map(({ level, module, fn, text: message }: LogEntry) => ({
        level: level === 'warning' ? 'warn' : level,
        module,
        where: fn,
        msg: restored(message),
      })),
      files: Object.fromEntries(
        existsSync(folder)
          ? readdirSync(folder).map((file) => [file, restored(readFileSync(join(folder, file), 'utf8'))])
          : [],
      ),
    };
  } finally {
    await scripts.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(folder: string, report: Reporter): Promise<void> {
  for (const recorded of recordedScripts<Call, Outcome>(folder)) {
    const difference = firstDifference(recorded.expected, await runCompareScript(recorded));
    if (difference === undefined) report.pass(recorded.name);
    else report.fail(recorded.name, difference);
  }
}

export const suite: Suite = { name: 'compare', defaultFolder: '../shared/corpus/lua/compare', run };
