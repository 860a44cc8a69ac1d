import type { Policy } from './policy.ts';
import type { Member, UpstreamList } from './state.ts';

/**
 * In turn. Without weights: in the order of the list. With weights: every round gives each host as many turns as its
 * weight, the host with most turns left first, the first listed one where that is equal: 3,2,1 gives 1 1 2 1 2 3
 * (rspamd: src/libutil/upstream.c:rspamd_upstream_get_round_robin). A host without weight beside weighted ones stands
 * by until they are gone.
 */
export const roundRobin: Policy = {
  pick(candidates, list) {
    const chosen = (list.weighted ? byCredit(candidates) : undefined) ?? nextInOrder(candidates, list);
    list.cursor = chosen.order;
    return chosen;
  },
  wants: (member, active) => member.weight > 0 || active.every(({ weight }) => weight === 0),
};

/** The candidate after the one chosen last; which one that was may change by health or exclusion, the turn stays. */
export function nextInOrder(candidates: readonly Member[], { cursor }: UpstreamList): Member {
  return candidates.find(({ order }) => order > cursor) ?? (candidates[0] as Member);
}

function byCredit(candidates: readonly Member[]): Member | undefined {
  let best = mostCredit(candidates);
  if (best === undefined) {
    // Only the candidates begin a new round: who is dead or has failed this message keeps what it had.
    for (const member of candidates) member.credit = member.weight;
    best = mostCredit(candidates);
  }
  if (best !== undefined) best.credit--;
  return best;
}

function mostCredit(candidates: readonly Member[]): Member | undefined {
  let best: Member | undefined;
  for (const member of candidates) if (member.credit > (best?.credit ?? 0)) best = member;
  return best;
}
