import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '../message/peer.ts';
import { familyOf } from './addresses.ts';
import { fixed, type Limits } from './limits.ts';
import type { AddressAnswer, ServiceAnswer, ServiceTarget } from './lookup.ts';
import {
  type Address,
  createAddress,
  createMember,
  isMember,
  type Member,
  probeNoLaterThan,
  type Resolution,
  refresh,
  type Service,
  type UpstreamList,
} from './state.ts';

/** Something to look up: the addresses of a member, or the targets of a service. */
export type Question =
  | { readonly is: 'addresses'; readonly name: string; readonly member: Member }
  | { readonly is: 'service'; readonly name: string; readonly service: Service };

/** What a look-up changed, for the log. */
export interface Change {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The look-ups whose time has come. Each is marked as under way until it is answered or refused. */
export function dueQuestions(list: UpstreamList, now: number): Question[] {
  const due = questions(list).filter((question) => {
    const { busy, nextAt } = resolutionOf(question);
    return !busy && nextAt <= now;
  });
  for (const question of due) resolutionOf(question).busy = true;
  return due;
}

/** When `dueQuestions` will have something next; infinity if nothing waits. */
export function nextQuestionAt(list: UpstreamList): number {
  let next = Number.POSITIVE_INFINITY;
  for (const question of questions(list)) {
    const { busy, nextAt } = resolutionOf(question);
    if (!busy && nextAt < next) next = nextAt;
  }
  return next;
}

/** Everything is looked up again at once, as `/reresolve` of the original's control socket asks for. */
export function resolveAll(list: UpstreamList, now: number): void {
  for (const question of questions(list)) resolutionOf(question).nextAt = now;
}

/** A failure may mean that the host has moved: it is looked up again, but not too often. */
export function hasten(member: Member, { resolveMinInterval }: Limits, now: number): void {
  for (const resolution of [member.resolution, member.service?.resolution])
    if (resolution !== undefined)
      resolution.nextAt = Math.min(resolution.nextAt, Math.max(now, resolution.lastAt + resolveMinInterval));
}

/** The name is unknown or nobody answered: what was known stays, and the question is asked again soon. */
export function lookupFailed(resolution: Resolution, now: number, random: () => number): void {
  const wait = Math.min(fixed.resolveRetry * 1.5 ** resolution.failures, fixed.maxResolveRetry);
  resolution.busy = false;
  resolution.failures++;
  resolution.nextAt = now + wait * (1 + random() / 4);
}

/** Takes in the addresses of a member's name. Those that stay keep their failures. */
export function applyAddresses(
  list: UpstreamList,
  member: Member,
  answer: AddressAnswer,
  now: number,
  random: () => number,
): Change {
  answered(member.resolution as Resolution, answer.ttl, list.limits, now, random);
  const before = member.addresses;
  const known = new Map(before.map((address) => [hostOf(address), address]));
  const given = new Set(answer.addresses.map(plainAddress).filter((one) => isIPv4(one) || isIPv6(one)));
  const kept = before.filter((address) => familyOf(address) === answer.unanswered);
  for (const address of kept) given.add(hostOf(address));
  const sorted = [...given].sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)) || (a < b ? -1 : 1));
  member.addresses = sorted.map(
    (address) => known.get(address) ?? createAddress(member, { kind: 'inet', address, port: member.port }),
  );
  const added = sorted.filter((address) => !known.has(address));
  const removed = before.map(hostOf).filter((address) => !given.has(address));
  // A dead host that has a new address may be another machine.
  if (added.length > 0) probeNoLaterThan(member, now);
  if (added.length > 0 || removed.length > 0) refresh(list);
  return { added, removed };
}

/**
 * Takes in the targets of a service (RFC 2782). New ones wait for their addresses, gone ones get no more messages; a
 * target that stays keeps its health.
 */
export function applyService(
  list: UpstreamList,
  service: Service,
  answer: ServiceAnswer,
  now: number,
  random: () => number,
): Change {
  answered(service.resolution, answer.ttl, list.limits, now, random);
  const known = new Map(service.members.map((member) => [targetName(member), member]));
  const wanted = new Map(answer.targets.map((target) => [targetName(target), target]));
  const sorted = [...wanted.values()].sort(byPriority);
  const added = sorted.filter((target) => !known.has(targetName(target))).map(targetName);
  const removed = [...known.keys()].filter((name) => !wanted.has(name));
  for (const name of removed) (known.get(name) as Member).gone = true;
  service.members = sorted.map((target) => {
    const { host, port } = target;
    const member = known.get(targetName(target)) ?? createMember({ name: host, host, port, service }, list.bucket, now);
    setWeight(list, member, Math.max(target.weight, 1));
    member.priority = target.priority;
    return member;
  });
  for (const member of service.members)
    if (member.resolution === undefined && member.addresses.length === 0)
      member.addresses = [createAddress(member, { kind: 'inet', address: member.name, port: member.port })];
  refresh(list);
  return { added, removed };
}

function setWeight(list: UpstreamList, member: Member, weight: number): void {
  if (member.weight === weight) return;
  member.weight = weight;
  member.credit = Math.min(member.credit, weight);
  list.ring = undefined;
}

function byPriority(a: ServiceTarget, b: ServiceTarget): number {
  return a.priority - b.priority || (a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port);
}

function targetName({ host, port }: { readonly host: string | undefined; readonly port: number }): string {
  return `${host}:${port}`;
}

function hostOf({ endpoint }: Address): string {
  return endpoint.kind === 'inet' ? endpoint.address : endpoint.path;
}

function answered(
  resolution: Resolution,
  ttl: number | undefined,
  { resolveTime }: Limits,
  now: number,
  random: () => number,
): void {
  const age = Math.min(Math.max(ttl ?? fixed.unknownTtl, fixed.minTtl), resolveTime);
  resolution.busy = false;
  resolution.failures = 0;
  resolution.lastAt = now;
  resolution.nextAt = now + age * (1 + random() / 10);
}

function resolutionOf(question: Question): Resolution {
  return question.is === 'service' ? question.service.resolution : (question.member.resolution as Resolution);
}

function* eachQuestion(list: UpstreamList): Generator<Question> {
  for (const part of list.parts)
    if (!isMember(part)) yield { is: 'service', name: part.resolution.name, service: part };
  for (const member of list.members)
    if (member.resolution !== undefined) yield { is: 'addresses', name: member.resolution.name, member };
}

function questions(list: UpstreamList): Question[] {
  return [...eachQuestion(list)];
}
