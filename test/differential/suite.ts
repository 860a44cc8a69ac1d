import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { noOpenssl } from '../support/certificates.ts';
import { slow } from '../support/project.ts';
import type { Case, Difference, Differs, Expectation } from './case.ts';
import { differences } from './compare.ts';
import { describeObservation, type Observation } from './observation.ts';
import type { Peer, Version } from './peers/peer.ts';
import { networkAddress, observe } from './site.ts';

/** What holds for a case on a peer. */
interface Verdict {
  readonly expect: Expectation;
  readonly skip?: string | undefined;
}

/** Puts every case to a peer, several at the same time: most of them wait. */
export function differential(peer: Peer, cases: readonly Case[]): void {
  test(`cases on ${peer.name}`, { concurrency: 4, timeout: 900_000 }, async (t) => {
    await Promise.all(cases.map((one) => put(t, peer, one)));
  });
}

async function put(t: TestContext, peer: Peer, one: Case): Promise<void> {
  const { expect, skip } = verdictOn(peer, one);
  const todo = peer.version === 'ours' ? one.pending : undefined;
  const options = { timeout: 150_000, ...(skip !== undefined && { skip }), ...(todo !== undefined && { todo }) };
  await t.test(`${one.row} ${one.title}`, options, async (t) => {
    const problemsOf = (seen: Observation): string[] => differences(expect, seen, peer.family);
    const seen = await observe(peer, one, (soFar) => problemsOf(soFar).length === 0);
    const problems = problemsOf(seen);
    assert.deepEqual(problems, [], `${problems.join('\n')}\n\n${describeObservation(seen)}`);
    if (todo !== undefined) t.diagnostic(`row ${one.row} holds now and is still marked as pending: ${todo}`);
  });
}

const missing = {
  network: networkAddress === undefined ? 'this machine is in no network' : (false as const),
  openssl: noOpenssl,
};

function verdictOn({ version }: Peer, one: Case): Verdict {
  const { only, needs, expect, differs = {} } = one;
  if (one.slow && !slow) return { expect, skip: 'takes long: runs with RSPAMD_PROXY_SLOW=1' };
  if (needs !== undefined && missing[needs] !== false) return { expect, skip: missing[needs] };
  if (only === 'ours' && version !== 'ours') return { expect, skip: 'about us alone' };
  const difference = differenceFor(version, differs);
  if (difference === undefined) return { expect };
  if (difference.expect === undefined) return { expect, skip: difference.because };
  return { expect: { ...expect, ...difference.expect } };
}

/** Of several that hold for a version, the one of the oldest bound: it says most about it. */
function differenceFor(version: Peer['version'], differs: Differs): Difference | undefined {
  if (version === 'ours') return differs.ours;
  const bounds = Object.entries(differs).flatMap(([key, difference]) => {
    const [, major, minor] = /^before (\d+)\.(\d+)$/.exec(key) ?? [];
    return major === undefined ? [] : [{ bound: [Number(major), Number(minor), 0] as const, difference }];
  });
  const holding = bounds.filter(({ bound }) => isBefore(version, bound));
  return holding.sort((one, other) => (isBefore(one.bound, other.bound) ? -1 : 1))[0]?.difference;
}

function isBefore(one: Version, other: Version): boolean {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at >= 0 && (one[at] as number) < (other[at] as number);
}
