import type { Policy } from './policy.ts';
import { nextInOrder } from './round-robin.ts';
import type { Member } from './state.ts';

/**
 * The candidate of the highest weight, the first listed one where several have it: the master as long as it lives and
 * has not failed this message. Slaves without weights take turns.
 */
export const masterSlave: Policy = {
  pick(candidates, list) {
    const weight = highestWeight(candidates);
    if (weight > 0) return candidates.find((one) => one.weight === weight) as Member;
    const chosen = nextInOrder(candidates, list);
    list.cursor = chosen.order;
    return chosen;
  },
  wants(member, active) {
    const weight = highestWeight(active);
    if (member.weight !== weight) return member.weight > weight;
    return weight === 0 || active.every((one) => one.weight < weight || one.order > member.order);
  },
};

function highestWeight(members: readonly Member[]): number {
  let highest = 0;
  for (const { weight } of members) if (weight > highest) highest = weight;
  return highest;
}
