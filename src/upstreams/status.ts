import { formatPeer } from '../message/peer.ts';
import { easingTime } from './health.ts';
import type { Member, UpstreamList } from './state.ts';

/** How a host stands, for logs, metrics and status pages. Durations in milliseconds. */
export interface HostStatus {
  readonly name: string;
  /** `easing`: back from the dead, with less than its share yet. `unresolved`: without an address. */
  readonly state: 'alive' | 'easing' | 'dead' | 'unresolved';
  /** For how long it has been dead, undefined while it is not. */
  readonly deadFor: number | undefined;
  readonly weight: number;
  /** Of its SRV record, undefined for hosts that stand in the configuration. */
  readonly priority: number | undefined;
  readonly addresses: readonly string[];
  readonly inflight: number;
  /** Failures since the last success, of a living host. */
  readonly errors: number;
  /** Moving average of the time to an answer, undefined before the first. */
  readonly latency: number | undefined;
  /** Since the start: attempts begun, answered, failed. */
  readonly picked: number;
  readonly passed: number;
  readonly failed: number;
}

export function statusOf(list: UpstreamList, now: number): HostStatus[] {
  return list.members.map((member) => ({
    name: member.name,
    state: stateOf(list, member, now),
    deadFor: member.health.is === 'dead' ? now - member.health.since : undefined,
    weight: member.weight,
    priority: member.service === undefined ? undefined : member.priority,
    addresses: member.addresses.map(({ endpoint }) => formatPeer(endpoint)),
    inflight: member.inflight,
    errors: member.health.is === 'alive' ? member.health.errors : 0,
    latency: member.latency === 0 ? undefined : member.latency,
    ...member.counts,
  }));
}

function stateOf(list: UpstreamList, member: Member, now: number): HostStatus['state'] {
  if (member.addresses.length === 0) return 'unresolved';
  if (member.health.is === 'dead') return 'dead';
  return now - member.revivedAt < easingTime(list) ? 'easing' : 'alive';
}
