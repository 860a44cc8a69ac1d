import { nextAddress } from './addresses.ts';
import type { Attempt } from './attempt.ts';
import { hash } from './hash.ts';
import { easingTime, trialPace } from './health.ts';
import { fixed } from './limits.ts';
import { masterSlave } from './master-slave.ts';
import type { Ask, Policy } from './policy.ts';
import { powerOfTwo } from './random.ts';
import { roundRobin } from './round-robin.ts';
import { type Member, type PolicyName, preferred, type UpstreamList } from './state.ts';
import { costOf, reserve, tokenBucket } from './token-bucket.ts';

const policies: Readonly<Record<PolicyName, Policy>> = {
  'round-robin': roundRobin,
  'master-slave': masterSlave,
  random: powerOfTwo,
  hash,
  'token-bucket': tokenBucket,
};

const nothing: readonly Attempt[] = [];

/**
 * Chooses a host for a message, or undefined if none can be used now:
 *
 * 1. a dead host whose time to be tried has come, for a message that can still go elsewhere afterwards;
 * 2. what the policy chooses among the living hosts that have not failed this message;
 * 3. while no such host is left: a dead one, each at most once per second; a list's only host always;
 * 4. the living host whose attempt for this message is the longest ago.
 */
export function pick(list: UpstreamList, ask: Ask): Attempt | undefined {
  const tried = ask.tried ?? nothing;
  const probe = tried.length === 0 && list.dead.length > 0 ? dueProbe(list, ask) : undefined;
  if (probe !== undefined) return begin(list, probe, ask);
  const fresh = tried.length === 0 ? list.active : untried(list, tried);
  if (fresh.length > 0) return begin(list, choose(list, fresh, ask), ask);
  const last = lastResort(list, tried, ask.now) ?? longestAgo(list.living, tried);
  return last === undefined ? undefined : begin(list, last, ask);
}

function choose(list: UpstreamList, candidates: readonly Member[], ask: Ask): Member {
  const eased = ask.now < list.easingUntil ? candidates.filter((member) => isAdmitted(list, member, ask)) : [];
  return policies[list.policy].pick(eased.length > 0 ? eased : candidates, list, ask);
}

/** A host that came back gets a growing part of its turns. */
function isAdmitted(list: UpstreamList, { revivedAt }: Member, { now, random }: Ask): boolean {
  const share = (now - revivedAt) / easingTime(list);
  return share >= 1 || random() < Math.max(share, fixed.easingFrom);
}

function untried(list: UpstreamList, tried: readonly Attempt[]): Member[] {
  return preferred(list.living.filter((member) => !tried.some((attempt) => attempt.member === member)));
}

function dueProbe(list: UpstreamList, { now, last }: Ask): Member | undefined {
  if (list.living.length === 0) return undefined;
  const { wants } = policies[list.policy];
  // Without a second attempt a message is risked only when no better one has come for a long time.
  const patience = last === true ? list.limits.reviveTime : 0;
  let due: Member | undefined;
  let dueSince = now - patience;
  for (const member of list.dead) {
    const { health } = member;
    if (health.is !== 'dead' || health.probeAt > dueSince) continue;
    if (health.probes > 0 && now - health.probedAt < fixed.maxRevive) continue;
    if (!preferred([...list.active, member]).includes(member) || wants?.(member, list.active) === false) continue;
    due = member;
    dueSince = health.probeAt;
  }
  return due;
}

function lastResort(list: UpstreamList, tried: readonly Attempt[], now: number): Member | undefined {
  const [only] = list.dead;
  if (list.usable.length === 1) return only;
  let ready: Member | undefined;
  let readySince = now;
  for (const member of list.dead) {
    const { health } = member;
    if (health.is !== 'dead' || health.trialAt > readySince) continue;
    if (health.probes > 0 && now - health.probedAt < fixed.busyTrialPace) continue;
    if (tried.some((attempt) => attempt.member === member)) continue;
    ready = member;
    readySince = health.trialAt;
  }
  return ready;
}

function longestAgo(members: readonly Member[], tried: readonly Attempt[]): Member | undefined {
  const [first, ...others] = members;
  const lastTry = (member: Member): number => tried.findLastIndex((attempt) => attempt.member === member);
  return others.reduce((oldest, member) => (oldest && lastTry(member) < lastTry(oldest) ? member : oldest), first);
}

function begin(list: UpstreamList, member: Member, { now, bytes }: Ask): Attempt {
  const address = nextAddress(member, now);
  const tokens = list.policy === 'token-bucket' ? costOf(list.bucket, bytes ?? 0) : 0;
  if (tokens > 0) reserve(member, tokens);
  member.inflight++;
  member.counts.picked++;
  const { health } = member;
  if (health.is === 'dead') {
    health.probes++;
    health.probedAt = now;
    health.trialAt = now + trialPace(list);
  }
  return {
    name: member.name,
    host: member.host,
    endpoint: address.endpoint,
    label: address.label,
    probe: health.is === 'dead',
    startedAt: now,
    member,
    address,
    tokens,
    open: true,
  };
}
