import { fixed, type Limits } from './limits.ts';
import type { Address, Member } from './state.ts';

/**
 * The address for the next connection to a member that has one: in turn among those of the first family that has an
 * address without recent failures (IPv4 before IPv6, as in rspamd: src/libutil/upstream.c:rspamd_upstream_addr_next);
 * when all have failed, the one that was held first.
 */
export function nextAddress(member: Member, now: number): Address {
  const { addresses } = member;
  if (addresses.length === 1) return addresses[0] as Address;
  const family = familyOf(addresses.find(({ heldUntil }) => heldUntil <= now));
  let oldest = 0;
  for (let step = 1; step <= addresses.length; step++) {
    const at = (member.addressCursor + step) % addresses.length;
    const address = addresses[at] as Address;
    if (address.heldUntil <= now && familyOf(address) === family) {
      member.addressCursor = at;
      return address;
    }
    if (address.heldUntil < (addresses[oldest] as Address).heldUntil) oldest = at;
  }
  member.addressCursor = oldest;
  return addresses[oldest] as Address;
}

/** The address answered. */
export function clearAddress(address: Address): void {
  address.errors = 0;
  address.heldUntil = 0;
}

/** A connection to the address failed, at once or later: it is passed over for a while that doubles each time. */
export function holdAddress(address: Address, { reviveTime }: Limits, now: number): void {
  address.heldUntil = now + Math.min(reviveTime * 2 ** address.errors, Math.max(reviveTime, fixed.maxRevive));
  address.errors++;
}

/** IPv4 first; unix sockets stand alone. */
export function familyOf(address: Address | undefined): 4 | 6 | undefined {
  const endpoint = address?.endpoint;
  if (endpoint === undefined || endpoint.kind === 'unix') return undefined;
  return endpoint.address.includes(':') ? 6 : 4;
}
