import type { Tally } from '../message/counts.ts';

/** What became of messages on their way through a proxy. */
export type ProxyCounts = {
  /** By the protocol that brought them. */
  requests: Tally;
  /** Requests without an answer, by code of the error: their senders had a temporary failure, if they waited for it. */
  failures: Tally;
  /** By upstream: tries, those that failed, seconds until the others were answered. */
  attempts: Tally;
  attemptFailures: Tally;
  attemptSeconds: Tally;
  /** By mirror: copies sent, those that failed, and messages that were not copied as too many were under way. */
  copies: Tally;
  copyFailures: Tally;
  copiesSkipped: Tally;
};

export function noProxyCounts(): ProxyCounts {
  return {
    requests: new Map(),
    failures: new Map(),
    attempts: new Map(),
    attemptFailures: new Map(),
    attemptSeconds: new Map(),
    copies: new Map(),
    copyFailures: new Map(),
    copiesSkipped: new Map(),
  };
}
