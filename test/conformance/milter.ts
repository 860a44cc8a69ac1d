import { checkDefect } from './milter/defect.ts';
import type { ProxyUnderTest } from './milter/proxy-under-test.ts';
import { sameMeaning } from './milter/relaxed.ts';
import { byteForByte, replay } from './milter/replay.ts';
import { ScannerDouble } from './milter/scanner-double.ts';
import { readSession, type Session, sessionNames } from './milter/session-file.ts';
import { wholeProxy } from './milter/whole-proxy.ts';
import type { Suite } from './suite.ts';

/** Replays recorded milter sessions against a proxy. */
export function milterSuite(name: string, proxy: ProxyUnderTest): Suite {
  return {
    name,
    defaultFolder: 'fixtures/milter',
    async run(folder, report) {
      for (const one of sessionNames(folder)) {
        const problems = await runSession(proxy, () => readSession(folder, one));
        if (problems.length === 0) report.pass(one);
        else report.fail(one, problems.join('; '));
      }
    },
  };
}

export const suite: Suite = milterSuite('milter', wholeProxy);

/** What is wrong with a session; nothing where all is well. */
export async function runSession(proxy: ProxyUnderTest, read: () => Session): Promise<string[]> {
  try {
    const session = read();
    const scanner = new ScannerDouble(session);
    const running = await proxy.start(session.config, scanner);
    try {
      if (session.conformance === 'defect') return await checkDefect(session, proxy, running, scanner);
      const compare = session.conformance === 'match' ? byteForByte : sameMeaning;
      return await replay(session, proxy, running, scanner, compare);
    } finally {
      await running.stop();
    }
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}
