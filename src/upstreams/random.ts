import { fixed } from './limits.ts';
import type { Policy } from './policy.ts';
import type { Member, UpstreamList } from './state.ts';

/**
 * The better of two drawn at random. A host with the double weight is drawn twice as often and may carry twice as
 * much; where no weights are written this is what the original does (rspamd: src/libutil/upstream.c:
 * rspamd_upstream_get_p2c), except that here the times of answers do count.
 */
export const powerOfTwo: Policy = {
  pick(candidates, list, { now, random }) {
    if (candidates.length === 1) return candidates[0] as Member;
    const [first, second] = list.weighted ? drawWeighted(candidates, random) : draw(candidates, random);
    const timed = isTimed(first, now) && isTimed(second, now);
    const load = (member: Member): number => {
      const errors = recentErrors(member, list, now);
      const { latency, inflight } = member;
      return (timed ? latency * (inflight + 1 + 5 * errors) : inflight + 2 * errors) / shareOf(member, list);
    };
    return load(first) <= load(second) * closeEnough ? first : second;
  },
};

/** Loads that differ by less are equal: otherwise chance differences of latency would starve a host of equals. */
const closeEnough = 1.25;

function draw(candidates: readonly Member[], random: () => number): [Member, Member] {
  const first = Math.floor(random() * candidates.length);
  const second = Math.floor(random() * (candidates.length - 1));
  return [candidates[first] as Member, candidates[second < first ? second : second + 1] as Member];
}

function drawWeighted(candidates: readonly Member[], random: () => number): [Member, Member] {
  let total = 0;
  for (const { weight } of candidates) total += Math.max(weight, 1);
  const first = atWeight(candidates, random() * total, undefined);
  const second = atWeight(candidates, random() * (total - Math.max(first.weight, 1)), first);
  return [first, second];
}

function atWeight(candidates: readonly Member[], position: number, except: Member | undefined): Member {
  let rest = position;
  let last = candidates[0] as Member;
  for (const member of candidates) {
    if (member === except) continue;
    last = member;
    rest -= Math.max(member.weight, 1);
    if (rest < 0) break;
  }
  return last;
}

function shareOf(member: Member, list: UpstreamList): number {
  return list.weighted ? Math.max(member.weight, 1) : 1;
}

/** An idle host whose last answer is long ago may have changed: it is compared without its latency, one message long. */
function isTimed({ latency, inflight, sampledAt }: Member, now: number): boolean {
  return latency > 0 && (inflight > 0 || now - sampledAt < fixed.latencyHalfLife);
}

/** Failures since the last success, forgotten after a while: the host would have no chance to show that it is well. */
function recentErrors({ health }: Member, { limits }: UpstreamList, now: number): number {
  return health.is === 'alive' && now - health.lastError < limits.errorTime ? health.errors : 0;
}

/** Takes the time to an answer into the member's moving average. */
export function sampleLatency(member: Member, took: number, now: number): void {
  if (member.latency === 0) member.latency = took;
  else {
    const age = now - member.sampledAt;
    const part = 1 - 2 ** (-age / fixed.latencyHalfLife);
    member.latency += (took - member.latency) * Math.min(0.5, Math.max(0.01, part));
  }
  member.sampledAt = now;
}
