import { fixed } from './limits.ts';
import type { Policy } from './policy.ts';
import type { Member } from './state.ts';

/**
 * The better of two drawn at random. A host with the double weight is drawn twice as often and may carry twice as
 * much; where no weights are written this is what the original does (rspamd: src/libutil/upstream.c:
 * rspamd_upstream_get_p2c), except that here the times of answers do count.
 */
export const powerOfTwo: Policy = {
  pick(candidates, { weighted }, { now, random }) {
    if (candidates.length === 1) return candidates[0] as Member;
    const total = weighted ? totalShare(candidates) : 0;
    const first = weighted ? drawWeighted(candidates, undefined, total, random) : draw(candidates, undefined, random);
    const second = weighted ? drawWeighted(candidates, first, total, random) : draw(candidates, first, random);
    const timed = isTimed(first, now) && isTimed(second, now);
    const better = load(first, timed, weighted, now) <= load(second, timed, weighted, now) * closeEnough;
    return better ? first : second;
  },
};

/** Loads that differ by less are equal: otherwise chance differences of latency would starve a host of equals. */
const closeEnough = 1.25;

function draw(candidates: readonly Member[], except: Member | undefined, random: () => number): Member {
  const last = candidates.length - 1;
  if (except === undefined) return candidates[Math.floor(random() * candidates.length)] as Member;
  // The last one takes the place of the one that is out.
  const drawn = candidates[Math.floor(random() * last)] as Member;
  return drawn === except ? (candidates[last] as Member) : drawn;
}

/** @param total what all candidates weigh, `except` included */
function drawWeighted(
  candidates: readonly Member[],
  except: Member | undefined,
  total: number,
  random: () => number,
): Member {
  let rest = random() * (except === undefined ? total : total - shareOf(except));
  let drawn = candidates[0] as Member;
  for (const member of candidates) {
    if (member === except) continue;
    drawn = member;
    rest -= shareOf(member);
    if (rest < 0) break;
  }
  return drawn;
}

function totalShare(candidates: readonly Member[]): number {
  let total = 0;
  for (const member of candidates) total += shareOf(member);
  return total;
}

function shareOf({ weight }: Member): number {
  return weight > 1 ? weight : 1;
}

function load(member: Member, timed: boolean, weighted: boolean, now: number): number {
  const errors = recentErrors(member, now);
  const busy = weighted ? member.inflight / shareOf(member) : member.inflight;
  return timed ? member.latency * (busy + 1 + 5 * errors) : busy + 2 * errors;
}

/** An idle host whose last answer is long ago may have changed: it is compared without its latency, one message long. */
function isTimed({ latency, inflight, sampledAt }: Member, now: number): boolean {
  return latency > 0 && (inflight > 0 || now - sampledAt < fixed.latencyHalfLife);
}

/** Failures since the last success, forgotten soon: a host that is not asked cannot show whether it is well or dead. */
function recentErrors({ health }: Member, now: number): number {
  return health.is === 'alive' && now - health.lastError < fixed.errorMemory ? health.errors : 0;
}

/** Takes the time to an answer into the member's moving average; what is too old to be believed is replaced by it. */
export function sampleLatency(member: Member, took: number, now: number): void {
  const age = now - member.sampledAt;
  if (member.latency === 0 || age >= fixed.latencyHalfLife) member.latency = took;
  else {
    const part = 1 - 2 ** (-age / fixed.latencyHalfLife);
    member.latency += (took - member.latency) * Math.min(0.5, Math.max(0.01, part));
  }
  member.sampledAt = now;
}
