import { clearAddress, holdAddress } from './addresses.ts';
import type { Attempt, Outcome } from './attempt.ts';
import { fixed } from './limits.ts';
import { sampleLatency } from './random.ts';
import { hasten } from './resolution.ts';
import { aliveFrom, type Health, type Member, probeNoLaterThan, refresh, type UpstreamList } from './state.ts';
import { giveBack } from './token-bucket.ts';

/** What the operator wants to read about. Durations in milliseconds. */
export type HealthEvent =
  | { readonly is: 'down'; readonly member: Member; readonly errors: number; readonly over: number }
  | { readonly is: 'up'; readonly member: Member; readonly after: number }
  | { readonly is: 'probe failed'; readonly member: Member; readonly nextIn: number };

type Alive = Extract<Health, { is: 'alive' }>;
type Dead = Extract<Health, { is: 'dead' }>;

/**
 * Settles an attempt and moves its host between life and death. A second report of the same attempt is ignored.
 *
 * A host dies
 * - after `maxErrors` failures in a row, where failures of requests that were in flight together count once in 250 ms
 *   (a crash of one scanner process is one failure, however many messages it had), or
 * - when more than `maxErrors` failures and more failures than successes fall into one span of `errorTime`,
 *
 * and, if its name has several addresses, none of them has answered since it failed. It lives again after a success of a
 * message that was sent to find that out (`probe`).
 */
export function record(
  list: UpstreamList,
  attempt: Attempt,
  outcome: Outcome,
  now: number,
  random: () => number,
): HealthEvent | undefined {
  if (!attempt.open) return undefined;
  attempt.open = false;
  const { member } = attempt;
  member.inflight--;
  giveBack(member, attempt.tokens, outcome === 'ok', list.bucket);
  const trial = trialOf(attempt);
  if (trial !== undefined) trial.probes--;
  if (outcome === 'ok') return passed(list, attempt, trial, now);
  if (outcome === 'fail') return failed(list, attempt, trial, now, random);
  if (trial === undefined) return undefined;
  // A trial that told nothing may be repeated at once.
  trial.probeAt = Math.min(trial.probeAt, now);
  trial.trialAt = Math.min(trial.trialAt, now);
  return undefined;
}

/** What a probe was to find out about; undefined for other attempts, and where its host has lived and died since. */
function trialOf({ probe, startedAt, member: { health, gone } }: Attempt): Dead | undefined {
  return probe && !gone && health.is === 'dead' && health.since <= startedAt ? health : undefined;
}

function passed(
  list: UpstreamList,
  { member, address, startedAt }: Attempt,
  trial: Dead | undefined,
  now: number,
): HealthEvent | undefined {
  member.counts.passed++;
  clearAddress(address);
  sampleLatency(member, now - startedAt, now);
  const { health } = member;
  if (health.is === 'dead') return trial && revive(list, member, trial, now);
  health.errors = 0;
  slideWindow(health, list.limits.errorTime, now);
  health.passed++;
  return undefined;
}

function failed(
  list: UpstreamList,
  { member, address, startedAt }: Attempt,
  trial: Dead | undefined,
  now: number,
  random: () => number,
): HealthEvent | undefined {
  member.counts.failed++;
  holdAddress(address, list.limits, now);
  hasten(member, list.limits, now);
  const { health } = member;
  if (health.is === 'dead') return trial && postpone(list, member, trial, now, random);
  if (health.errors > 0 && startedAt < health.lastError && now - health.lastError < fixed.burst) return undefined;
  slideWindow(health, list.limits.errorTime, now);
  if (health.errors === 0) health.firstError = now;
  health.lastError = now;
  health.errors++;
  health.failed++;
  return isFatal(list, member, health) && !member.gone ? die(list, member, health, now, random) : undefined;
}

function isFatal({ limits: { maxErrors } }: UpstreamList, member: Member, health: Alive): boolean {
  const many = health.errors >= maxErrors || (health.failed > maxErrors && health.failed > health.passed);
  return many && member.addresses.every(({ errors }) => errors > 0);
}

function slideWindow(health: Alive, errorTime: number, now: number): void {
  if (now - health.windowStart < errorTime) return;
  health.windowStart = now;
  health.failed = 0;
  health.passed = 0;
}

function die(list: UpstreamList, member: Member, was: Alive, now: number, random: () => number): HealthEvent {
  // A relapse soon after a recovery waits longer, like a trial that failed.
  member.strikes = now - member.revivedAt < list.limits.reviveTime ? member.strikes + 1 : 0;
  member.health = {
    is: 'dead',
    since: now,
    probeAt: now + waitOf(list, member, random),
    trialAt: now + trialPace(list),
    probes: 0,
    probedAt: Number.NEGATIVE_INFINITY,
  };
  refresh(list);
  const inRow = was.errors >= list.limits.maxErrors;
  if (inRow) return { is: 'down', member, errors: was.errors, over: now - was.firstError };
  return { is: 'down', member, errors: was.failed, over: now - was.windowStart };
}

function postpone(list: UpstreamList, member: Member, health: Dead, now: number, random: () => number): HealthEvent {
  // While all are dead the trials are many, and say nothing about how long to wait when another one lives again.
  const alone = list.living.length === 0;
  if (!alone) member.strikes++;
  const wait = waitOf(list, member, random);
  health.probeAt = now + wait;
  return { is: 'probe failed', member, nextIn: alone ? Math.max(0, health.trialAt - now) : wait };
}

function revive(list: UpstreamList, member: Member, was: Dead, now: number): HealthEvent {
  const outage = list.living.length === 0;
  member.health = aliveFrom(now);
  member.revivedAt = now;
  list.easingUntil = Math.max(list.easingUntil, now + easingTime(list));
  refresh(list);
  // What killed all of them at once is over: the others are probably back too.
  if (outage) for (const other of list.dead) probeNoLaterThan(other, now + trialPace(list));
  return { is: 'up', member, after: now - was.since };
}

function waitOf({ limits: { reviveTime } }: UpstreamList, { strikes }: Member, random: () => number): number {
  const wait = Math.min(reviveTime * 2 ** strikes, Math.max(reviveTime, fixed.maxRevive));
  return wait * (1 + fixed.reviveJitter * random());
}

/** How long after its recovery a host gets less than its share. */
export function easingTime({ limits: { reviveTime } }: UpstreamList): number {
  return Math.min(fixed.easing, reviveTime);
}

/** How often a host may be tried while all are dead. */
export function trialPace({ limits: { reviveTime } }: UpstreamList): number {
  return Math.min(fixed.trialPace, reviveTime);
}
