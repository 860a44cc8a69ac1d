import type { TokenBucket } from './limits.ts';
import type { Policy } from './policy.ts';
import type { Member } from './state.ts';

/** A bucket that was emptied is full again after so many milliseconds. */
const refillTime = 60_000;

/**
 * Every message costs tokens by its size, which come back with its reply, or slowly if there was none. Chosen is the
 * host with the fewest tokens in flight among those that can pay, else among all
 * (rspamd: src/libutil/upstream.c:rspamd_upstream_get_token_bucket).
 */
export const tokenBucket: Policy = {
  pick(candidates, { bucket }, { now, bytes }) {
    const needed = Math.max(costOf(bucket, bytes ?? 0), bucket.minTokens);
    let able: Member | undefined;
    let any = candidates[0] as Member;
    for (const member of candidates) {
      refill(member, bucket, now);
      if (member.reserved < any.reserved) any = member;
      if (member.tokens >= needed && (able === undefined || member.reserved < able.reserved)) able = member;
    }
    return able ?? any;
  },
};

export function costOf({ baseCost, scale }: TokenBucket, bytes: number): number {
  return baseCost + Math.floor(bytes / scale);
}

/** Takes `cost` tokens for a message on its way. */
export function reserve(member: Member, cost: number): void {
  member.tokens = Math.max(0, member.tokens - cost);
  member.reserved += cost;
}

/** The message is back: after a success so are its tokens. */
export function giveBack(member: Member, cost: number, success: boolean, { maxTokens }: TokenBucket): void {
  member.reserved -= cost;
  if (success) member.tokens = Math.min(maxTokens, member.tokens + cost);
}

function refill(member: Member, { maxTokens }: TokenBucket, now: number): void {
  const perSecond = Math.max(1, Math.floor(maxTokens / (refillTime / 1000)));
  const gained = Math.floor(((now - member.refilledAt) * perSecond) / 1000);
  if (gained < 1) return;
  member.tokens = Math.min(maxTokens, member.tokens + gained);
  member.refilledAt = now;
}
