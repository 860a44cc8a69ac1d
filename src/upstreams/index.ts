export type { Attempt, Outcome } from './attempt.ts';
export { type GroupSettings, UpstreamGroup } from './group.ts';
export {
  defaultScannerPort,
  type HostItem,
  type HostsProblem,
  type HostsSpec,
  parseHosts,
  parseNameservers,
  type Rotation,
} from './hosts.ts';
export { type Limits, limitsOf, type TokenBucket, tokenBucketOf } from './limits.ts';
export type { AddressAnswer, Lookup, ServiceAnswer, ServiceTarget } from './lookup.ts';
export type { Ask } from './policy.ts';
export { createLookup, type ResolverSettings } from './resolve.ts';
export type { HostStatus } from './status.ts';
