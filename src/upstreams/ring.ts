import { type Word, xxh64 } from '../message/xxh64.ts';

/**
 * Points of a hash ring in ascending order, each owned by a node (its index). It is the very ring of the original
 * (rspamd: src/libutil/upstream.c:rspamd_upstream_ring_build), so that both send a client to the same host. Dead nodes
 * stay on it and are passed over: their keys go where they would go if the ring were built without them, and no other
 * key moves.
 */
export interface Ring {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly owner: Uint32Array;
}

export interface RingNode {
  readonly name: string;
  readonly weight: number;
}

const seed: Word = { hi: 0xa574de7d, lo: 0xf64e9b9d };
const pointsPerWeight = 100;
/** Beyond this sum of weights every node gets proportionally fewer points. */
const maxTotalWeight = 2_000;

export function buildRing(nodes: readonly RingNode[]): Ring {
  const total = nodes.reduce((sum, { weight }) => sum + Math.max(weight, 1), 0);
  const share = pointsPerWeight * Math.min(1, maxTotalWeight / total);
  const points: { at: Word; owner: number }[] = [];
  const seen = new Map<string, number>();
  for (const [owner, { name, weight }] of nodes.entries()) {
    // A name that occurs again needs points of its own, or it would never be chosen.
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    const text = before === 0 ? name : `${name}#${before}`;
    const count = Math.max(1, Math.round(Math.max(weight, 1) * share));
    for (let point = 0; point < count; point++)
      points.push({ at: xxh64(Buffer.from(`${text}:${point}`, 'latin1'), seed), owner });
  }
  points.sort((a, b) => a.at.hi - b.at.hi || a.at.lo - b.at.lo);
  return {
    high: Uint32Array.from(points, ({ at }) => at.hi),
    low: Uint32Array.from(points, ({ at }) => at.lo),
    owner: Uint32Array.from(points, ({ owner }) => owner),
  };
}

/** The first owner at or after the key's point, going round once, that `accepts`; undefined if none does. */
export function ownerOf(ring: Ring, key: Uint8Array, accepts: (owner: number) => boolean): number | undefined {
  const size = ring.owner.length;
  const start = firstPoint(ring, xxh64(key, seed));
  for (let step = 0; step < size; step++) {
    const owner = ring.owner[(start + step) % size] as number;
    if (accepts(owner)) return owner;
  }
  return undefined;
}

function firstPoint({ high, low }: Ring, key: Word): number {
  let from = 0;
  let to = high.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const hi = high[middle] as number;
    if (hi < key.hi || (hi === key.hi && (low[middle] as number) < key.lo)) from = middle + 1;
    else to = middle;
  }
  return from;
}
