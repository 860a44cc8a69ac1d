import type { TestContext } from 'node:test';
import { CompareScripts, inlineChunk, ParserScripts, type Script } from '../../src/scripts/index.ts';
import { LineLog } from '../support/script-runner.ts';

export interface Given {
  /** Milliseconds for one message. */
  readonly timeout?: number;
  readonly debugModules?: readonly string[];
}

export function inline(kind: Script['kind'], text: string, index = 0): Script {
  return { kind, name: `test.conf:${index + 1}`, chunk: inlineChunk, text };
}

/** Compare scripts in their thread; ended with the test. */
export async function compareScripts(t: Pick<TestContext, 'after'>, texts: readonly string[], given: Given = {}) {
  const log = new LineLog();
  const options = { timeout: 30_000, debugModules: [], paths: {}, config: undefined, logger: log, ...given };
  const scripts = new CompareScripts({
    ...options,
    scripts: texts.map((text, index) => inline('compare', text, index)),
  });
  t.after(() => scripts.close());
  await scripts.ready;
  return { scripts, log, said: () => log.lines.map(({ text }) => text) };
}

/** Parser scripts in their thread; ended with the test. */
export async function parserScripts(t: Pick<TestContext, 'after'>, texts: readonly string[], given: Given = {}) {
  const log = new LineLog();
  const options = {
    timeout: 30_000,
    debugModules: [],
    paths: {},
    config: undefined,
    background: false,
    logger: log,
    ...given,
  };
  const scripts = new ParserScripts({ ...options, scripts: texts.map((text, index) => inline('parser', text, index)) });
  t.after(() => scripts.close());
  await scripts.ready;
  return { scripts, log, said: () => log.lines.map(({ text }) => text) };
}
