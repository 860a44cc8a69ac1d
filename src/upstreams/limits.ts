/** What decides over the health and the resolution of hosts; durations in milliseconds. */
export interface Limits {
  /** So many failures in a row and a host is dead (`max_errors`). */
  readonly maxErrors: number;
  /** The span in which failures are weighed against successes (`error_time`). */
  readonly errorTime: number;
  /** How long a dead host is left alone before one message may try it (`revive_time`). */
  readonly reviveTime: number;
  /** A name is looked up again after its TTL, but no later than this (`lazy_resolve_time`). */
  readonly resolveTime: number;
  /** Failures cause a look-up at most once in such a span (`resolve_min_interval`). */
  readonly resolveMinInterval: number;
}

const defaults: Limits = {
  maxErrors: 4,
  errorTime: 10_000,
  reviveTime: 60_000,
  resolveTime: 3_600_000,
  resolveMinInterval: 60_000,
};

/**
 * `options.upstream` with its defaults (rspamd: src/libutil/upstream.c:rspamd_upstreams_library_config): what is
 * absent or 0 is the default, and `resolve_min_interval` is never above `revive_time`.
 */
export function limitsOf(given: { readonly [K in keyof Limits]?: number | undefined }): Limits {
  const limits = {
    maxErrors: given.maxErrors || defaults.maxErrors,
    errorTime: given.errorTime || defaults.errorTime,
    reviveTime: given.reviveTime || defaults.reviveTime,
    resolveTime: given.resolveTime || defaults.resolveTime,
    resolveMinInterval: given.resolveMinInterval || defaults.resolveMinInterval,
  };
  return { ...limits, resolveMinInterval: Math.min(limits.resolveMinInterval, limits.reviveTime) };
}

/** The `token_bucket` block of an upstream. */
export interface TokenBucket {
  readonly maxTokens: number;
  /** Bytes of a message that cost one token. */
  readonly scale: number;
  /** A host with fewer tokens than this counts as spent. */
  readonly minTokens: number;
  /** Tokens that every message costs. */
  readonly baseCost: number;
}

/** The block with its defaults and corrections (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_upstream). */
export function tokenBucketOf(given: { readonly [K in keyof TokenBucket]?: number | undefined }): TokenBucket {
  const maxTokens = given.maxTokens || 10_000;
  const baseCost = given.baseCost ?? 10;
  return {
    maxTokens,
    scale: given.scale || 1024,
    minTokens: Math.min(given.minTokens ?? 1, maxTokens),
    baseCost: baseCost < maxTokens ? baseCost : Math.floor(maxTokens / 2),
  };
}

/** What the original has no options for. Durations in milliseconds. */
export const fixed = {
  /** A dead host waits `reviveTime` and up to this part more, so that proxies do not try it all at once. */
  reviveJitter: 0.4,
  /** The wait doubles with every trial that failed, up to this. */
  maxRevive: 600_000,
  /** A host that came back gets its full share after so long, or after `reviveTime` if that is less. */
  easing: 10_000,
  /** The share it begins with. */
  easingFrom: 0.05,
  /** Failures of requests that were in flight together count once in such a span: one crash is one failure. */
  burst: 250,
  /** When every host is dead: how often each may be tried, and how often while such a trial is still unanswered. */
  trialPace: 1_000,
  busyTrialPace: 5_000,
  /** How long a failure keeps `random:` from a host that has not died of it. */
  errorMemory: 1_000,
  /** In so long a latency sample loses half of its weight; where none has followed, it is no longer believed then. */
  latencyHalfLife: 60_000,
  /** Bounds and stand-ins for the TTL of names. */
  minTtl: 1_000,
  unknownTtl: 10_000,
  /** The wait after a look-up that failed, growing by half each time. */
  resolveRetry: 1_000,
  maxResolveRetry: 60_000,
} as const;
