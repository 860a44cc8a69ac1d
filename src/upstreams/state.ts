import { isIPv6 } from 'node:net';
import { formatPeer, type Peer } from '../message/peer.ts';
import type { HostItem, HostsSpec, Rotation } from './hosts.ts';
import { type Limits, limitsOf, type TokenBucket, tokenBucketOf } from './limits.ts';
import type { Ring } from './ring.ts';

export type PolicyName = Rotation | 'token-bucket';

/** One of the addresses that a host name stands for; a numeric host or a unix socket has exactly one. */
export interface Address {
  readonly endpoint: Peer;
  /** For the log: the member's name, and the address where that is not the same. */
  readonly label: string;
  /** Failures since the last success. */
  errors: number;
  /** Passed over until then, while there is another one. */
  heldUntil: number;
}

export type Health =
  | {
      readonly is: 'alive';
      /** Failures in a row. */
      errors: number;
      lastError: number;
      firstError: number;
      /** What happened since `windowStart`, at most `errorTime` ago. */
      windowStart: number;
      failed: number;
      passed: number;
    }
  | {
      readonly is: 'dead';
      readonly since: number;
      /** When one message may try it although others are alive. */
      probeAt: number;
      /** When one message may try it because none is alive. */
      trialAt: number;
      /** Messages that are trying it now, and when the last of them began. */
      probes: number;
      probedAt: number;
    };

/** When a name is to be looked up. */
export interface Resolution {
  readonly name: string;
  nextAt: number;
  /** Of the last answer; minus infinity before the first. */
  lastAt: number;
  failures: number;
  busy: boolean;
}

/** `service=NAME+DOMAIN`: the place in the list where the targets of its SRV records stand. */
export interface Service {
  readonly resolution: Resolution;
  members: Member[];
}

/** A host that can be chosen: all addresses of one name, or one target of a service. Plain state, changed in place. */
export interface Member {
  /** Symbolic name as the original forms it: `Host` header, keep-alive key, seed of the hash ring. */
  readonly name: string;
  /** What a certificate must be valid for: name or address without port; undefined for unix sockets. */
  readonly host: string | undefined;
  readonly port: number;
  readonly service: Service | undefined;
  /** Undefined where there is nothing to look up. */
  readonly resolution: Resolution | undefined;
  weight: number;
  /** Of its SRV record; a higher number is for when all lower ones are gone. */
  priority: number;
  /** Position in the list. */
  order: number;
  /** Sorted: IPv4, IPv6. Empty until a name is resolved. */
  addresses: Address[];
  addressCursor: number;
  health: Health;
  /** Trials in a row that failed, and relapses soon after a recovery: the wait doubles with each. */
  strikes: number;
  /** When it came back from the dead; minus infinity for a host that never died. */
  revivedAt: number;
  /** No longer among the SRV records: only waits for the attempts that it still has. */
  gone: boolean;
  inflight: number;
  /** Weighted round robin: turns left in this round. */
  credit: number;
  /** Moving average of the time to an answer, 0 before the first. */
  latency: number;
  sampledAt: number;
  /** Token bucket: what is there, and what messages in flight have taken. */
  tokens: number;
  reserved: number;
  refilledAt: number;
  readonly counts: { picked: number; passed: number; failed: number };
}

/** Everything about one `hosts` list. Plain state, changed in place by the functions of this folder only. */
export interface UpstreamList {
  readonly policy: PolicyName;
  readonly limits: Limits;
  readonly bucket: TokenBucket;
  readonly parts: ReadonlyArray<Member | Service>;
  // Derived from the members by refresh():
  members: Member[];
  /** Have an address. */
  usable: Member[];
  living: Member[];
  /** Usable but dead. */
  dead: Member[];
  /** Living, and not standing by behind a better priority of the same service. */
  active: Member[];
  weighted: boolean;
  /** Until then some member gets less than its share. */
  easingUntil: number;
  /** Round robin: `order` of the last choice. */
  cursor: number;
  /** Hash: made when first needed, dropped when members come or go. */
  ring: Ring | undefined;
}

export interface ListSettings {
  /** Present: the list chooses by tokens, whatever its rotation prefix. */
  readonly tokenBucket?: TokenBucket | undefined;
  readonly limits?: Limits | undefined;
}

/** A list whose names are all still to be looked up. */
export function createList(spec: HostsSpec, settings: ListSettings, now: number): UpstreamList {
  const limits = settings.limits ?? limitsOf({});
  const bucket = settings.tokenBucket ?? tokenBucketOf({});
  const policy = settings.tokenBucket === undefined ? spec.rotation : 'token-bucket';
  const list: UpstreamList = {
    policy,
    limits,
    bucket,
    parts: spec.items.map((item) => createPart(item, bucket, now)),
    members: [],
    usable: [],
    living: [],
    dead: [],
    active: [],
    weighted: false,
    easingUntil: Number.NEGATIVE_INFINITY,
    cursor: -1,
    ring: undefined,
  };
  const [first] = list.parts;
  // The first host is the master where no weight says otherwise (rspamd: upstream.c:rspamd_upstreams_add_upstream).
  if (policy === 'master-slave' && first !== undefined && isMember(first) && first.weight === 0) first.weight = 1;
  refresh(list);
  return list;
}

function createPart(item: HostItem, bucket: TokenBucket, now: number): Member | Service {
  if (item.kind === 'srv') return { resolution: createResolution(item.name, now), members: [] };
  if (item.kind === 'unix') {
    const member = createMember({ name: item.name, host: undefined, port: 0 }, bucket, now);
    member.addresses = [createAddress(member, { kind: 'unix', path: item.path })];
    return member;
  }
  const member = createMember(item, bucket, now);
  member.weight = item.weight;
  if (member.resolution === undefined)
    member.addresses = [createAddress(member, { kind: 'inet', address: item.host, port: item.port })];
  return member;
}

interface NewMember {
  readonly name: string;
  readonly host: string | undefined;
  readonly port: number;
  readonly service?: Service;
}

export function createMember({ name, host, port, service }: NewMember, bucket: TokenBucket, now: number): Member {
  const numeric = host === undefined || isNumericAddress(host);
  return {
    name,
    host,
    port,
    service,
    resolution: numeric ? undefined : createResolution(host, now),
    weight: 0,
    priority: 0,
    order: 0,
    addresses: [],
    addressCursor: -1,
    health: aliveFrom(now),
    strikes: 0,
    revivedAt: Number.NEGATIVE_INFINITY,
    gone: false,
    inflight: 0,
    credit: 0,
    latency: 0,
    sampledAt: now,
    tokens: bucket.maxTokens,
    reserved: 0,
    refilledAt: now,
    counts: { picked: 0, passed: 0, failed: 0 },
  };
}

export function createAddress(member: Member, endpoint: Peer): Address {
  const text = formatPeer(endpoint);
  return { endpoint, label: text === member.name ? text : `${member.name} (${text})`, errors: 0, heldUntil: 0 };
}

function createResolution(name: string, now: number): Resolution {
  return { name, nextAt: now, lastAt: Number.NEGATIVE_INFINITY, failures: 0, busy: false };
}

export function aliveFrom(now: number): Health {
  return { is: 'alive', errors: 0, lastError: now, firstError: now, windowStart: now, failed: 0, passed: 0 };
}

/** Brings the next trial of a dead member forward. */
export function probeNoLaterThan({ health }: Member, at: number): void {
  if (health.is === 'dead') health.probeAt = Math.min(health.probeAt, at);
}

export function isMember(part: Member | Service): part is Member {
  return 'addresses' in part;
}

function isNumericAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) || isIPv6(host);
}

/** Brings what is derived from the members up to date: after a change of health, addresses, weights or SRV targets. */
export function refresh(list: UpstreamList): void {
  const members = list.parts.flatMap((part) => (isMember(part) ? [part] : part.members));
  if (members.length !== list.members.length || members.some((member, at) => member !== list.members[at]))
    list.ring = undefined;
  for (const [order, member] of members.entries()) member.order = order;
  list.members = members;
  list.usable = members.filter((member) => member.addresses.length > 0);
  list.living = list.usable.filter((member) => member.health.is === 'alive');
  list.dead = list.usable.filter((member) => member.health.is === 'dead');
  list.active = preferred(list.living);
  list.weighted = members.some((member) => member.weight > 0);
}

/** Those whose service has no better priority among `candidates` (RFC 2782: the lowest number first). */
export function preferred(candidates: readonly Member[]): Member[] {
  const best = new Map<Service, number>();
  for (const { service, priority } of candidates)
    if (service !== undefined) best.set(service, Math.min(priority, best.get(service) ?? priority));
  return candidates.filter(({ service, priority }) => service === undefined || best.get(service) === priority);
}
