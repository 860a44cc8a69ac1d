import { clientKey } from './client-key.ts';
import type { Policy } from './policy.ts';
import { powerOfTwo } from './random.ts';
import { buildRing, ownerOf } from './ring.ts';
import type { Member } from './state.ts';

/**
 * The same client address to the same host. When hosts die, only their clients move; a client without a known address
 * is served as by `random:`.
 */
export const hash: Policy = {
  pick(candidates, list, ask) {
    const key = ask.key ?? (ask.client && clientKey(ask.client));
    if (key === undefined) return powerOfTwo.pick(candidates, list, ask);
    if (candidates.length === 1) return candidates[0] as Member;
    list.ring ??= buildRing(list.members);
    const { members } = list;
    const all = candidates.length === members.length;
    const owner = ownerOf(list.ring, key, (order) => all || candidates.includes(members[order] as Member));
    return members[owner as number] as Member;
  },
};
