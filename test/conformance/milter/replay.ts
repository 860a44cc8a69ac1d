import { Mta } from './mta.ts';
import type { ProxyUnderTest, RunningProxy } from './proxy-under-test.ts';
import { compareRequests, type ScannerDouble, type Scope } from './scanner-double.ts';
import type { Entry, Session } from './session-file.ts';

/** How the bytes of two runs of milter packets are compared: an empty list where they agree. */
export type Compare = (expected: Buffer, got: Buffer) => string[];

/**
 * A relaxed comparison cannot know how many bytes will come: where it is not content it takes those that come before
 * this much silence, in milliseconds.
 */
const silence = 1_000;

/**
 * Plays the MTA side of a session and compares what the milter says: before a packet that follows milter packets is
 * sent, exactly those are read.
 */
export async function replay(
  session: Session,
  { scope, patience }: ProxyUnderTest,
  running: RunningProxy,
  scanner: ScannerDouble,
  compare: Compare,
): Promise<string[]> {
  const mta = new Mta(await running.connect());
  try {
    const problems = await dialogue(session.entries, mta, compare, patience);
    return [...problems, ...requestProblems(session, scanner, scope)];
  } finally {
    mta.destroy();
  }
}

async function dialogue(entries: readonly Entry[], mta: Mta, compare: Compare, patience: number): Promise<string[]> {
  for (let at = 0; at < entries.length; ) {
    const { dir, cmd, bytes } = entries[at] as Entry;
    if (dir === 'mta') {
      if (cmd === 'close') mta.hangUp();
      else mta.send(bytes);
      at++;
    } else if (cmd === 'close') {
      if (!(await mta.closes(patience))) return [`entry ${at}: the milter does not close`];
      if (mta.waiting.length > 0) return [`entry ${at}: ${mta.waiting.length} bytes more than recorded`];
      at++;
    } else {
      const end = groupEnd(entries, at);
      const expected = Buffer.concat(entries.slice(at, end).map((entry) => entry.bytes));
      const got = await (compare === byteForByte
        ? mta.take(expected.length, patience)
        : mta.takeAll((bytes) => compare(expected, bytes).length === 0, patience, silence));
      const problems = compare(expected, got);
      if (problems.length > 0) return problems.map((problem) => `entry ${at}: ${problem}`);
      at = end;
    }
  }
  return (await mta.quiet(50)) ? [] : [`${mta.waiting.length} bytes after the end of the recording`];
}

function groupEnd(entries: readonly Entry[], from: number): number {
  let end = from;
  while (entries[end]?.dir === 'milter' && entries[end]?.cmd !== 'close') end++;
  return end;
}

function requestProblems(session: Session, scanner: ScannerDouble, scope: Scope): string[] {
  const problems: string[] = [];
  const recorded = session.exchanges.length;
  const ends = session.entries.filter(({ dir, cmd }) => dir === 'mta' && cmd === 'E').length;
  // Messages that found no scanner are not in the recording.
  if (scanner.seen.length < recorded || (scanner.seen.length > Math.max(recorded, ends) && scanner.listens))
    problems.push(`${scanner.seen.length} scan requests instead of ${recorded}`);
  for (const [index, seen] of scanner.seen.entries()) {
    const expected = scanner.expected(index);
    if (expected !== undefined)
      problems.push(...compareRequests(expected, seen, scope).map((problem) => `request ${index}: ${problem}`));
  }
  return problems;
}

export const byteForByte: Compare = (expected, got) => {
  if (expected.equals(got)) return [];
  const at = expected.findIndex((byte, index) => byte !== got[index]);
  const around = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1', Math.max(0, at - 40), at + 60));
  return [`byte ${at} of ${expected.length}: expected ${around(expected)}, got ${around(got)} (${got.length} bytes)`];
};
