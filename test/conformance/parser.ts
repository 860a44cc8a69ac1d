import type { Compared } from '../../src/message/comparison.ts';
import type { ReplyContent } from '../../src/message/scan.ts';
import { inlineChunk, ParserScripts, type Script } from '../../src/scripts/index.ts';
import { LineLog } from '../support/script-runner.ts';
import { firstDifference, type RecordedScript, recordedScripts } from './scripts/folder.ts';
import { seenOf } from './scripts/seen.ts';
import type { Reporter, Suite } from './suite.ts';

interface Call {
  readonly body: string;
}

interface Outcome {
  readonly calls: ReadonlyArray<{
    /** What a compare script is then given for the mirror. */
    readonly results: unknown;
    /** What the log says of the failure. */
    readonly error: string | null;
  }>;
}

/** Runs a script as a worker does, in a thread of its own, and hands what it returns to a compare script in another. */
export async function runParserScript({ name, text, calls }: RecordedScript<Call, unknown>): Promise<Outcome> {
  const logger = new LineLog();
  const scripts: readonly Script[] = [{ kind: 'parser', name, chunk: inlineChunk, text }];
  const parsers = new ParserScripts({
    scripts,
    paths: {},
    config: undefined,
    timeout: 30_000,
    background: false,
    logger,
    debugModules: [],
  });
  const outcomes: Array<Outcome['calls'][number]> = [];
  try {
    for (const { body } of calls) {
      const before = logger.lines.length;
      const content = await parsers.parse(0, Buffer.from(body, 'utf8'), 'aaaaaaaaaaaaaaaa');
      const line = logger.lines.slice(before).find(({ module }) => module === 'proxy');
      outcomes.push({ results: await seenOf(comparedOf(content)), error: line?.text ?? null });
    }
  } finally {
    await parsers.close();
  }
  return { calls: outcomes };
}

function comparedOf(content: ReplyContent): Compared {
  if (content.is === 'value') return content;
  return content.is === 'unreadable' ? 'cannot parse ucl' : 'unknown error';
}

async function run(folder: string, report: Reporter): Promise<void> {
  for (const recorded of recordedScripts<Call, Outcome>(folder)) {
    const difference = firstDifference(recorded.expected, await runParserScript(recorded));
    if (difference === undefined) report.pass(recorded.name);
    else report.fail(recorded.name, difference);
  }
}

export const suite: Suite = { name: 'parser', defaultFolder: '../shared/corpus/lua/parser', run };
