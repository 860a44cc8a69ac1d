/** What a look-up found. `ttl` in milliseconds, undefined where the source knows none. */
export interface AddressAnswer {
  /** Numeric, IPv4 and IPv6 in any order. */
  readonly addresses: readonly string[];
  readonly ttl: number | undefined;
  /** The family whose question got no answer: what was known of it stays. */
  readonly unanswered?: 4 | 6 | undefined;
}

export interface ServiceTarget {
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface ServiceAnswer {
  readonly targets: readonly ServiceTarget[];
  readonly ttl: number | undefined;
}

/** Looks names up; the only door of this folder to the network. Rejects where there is no answer, or an empty one. */
export interface Lookup {
  addresses(name: string): Promise<AddressAnswer>;
  /** @param name of SRV records, `_service._tcp.domain` */
  service(name: string): Promise<ServiceAnswer>;
  /** Ends look-ups under way; they reject. */
  close(): void;
}
