import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { addressesInHostsFiles } from './hosts-file.ts';
import type { AddressAnswer, Lookup, ServiceAnswer } from './lookup.ts';

export interface ResolverSettings {
  /** `host:port` of nameservers (see parseNameservers); the system's where there are none. */
  readonly servers?: readonly string[] | undefined;
  /** Wait for one answer in milliseconds, and how often to ask (`options.dns`: 1 s, 5). */
  readonly timeout?: number | undefined;
  readonly retransmits?: number | undefined;
  /** Asked before DNS. */
  readonly hostsFiles?: readonly string[] | undefined;
}

/**
 * Look-ups by the system's hosts file, DNS, and, where DNS knows nothing, what else the system can do: names without a
 * dot and, unless nameservers are configured, all others too.
 */
export function createLookup(settings: ResolverSettings = {}): Lookup {
  const { servers = [], timeout = 1_000, retransmits = 5, hostsFiles = ['/etc/hosts'] } = settings;
  // The Resolver's own repetitions wait twice as long each time; ours do not.
  const resolver = new Resolver({ timeout, tries: 1 });
  const ready = numericServers(servers).then((found) => {
    if (found.length > 0) resolver.setServers(found);
  });

  const repeated = async <T>(ask: () => Promise<T[]>): Promise<T[]> => {
    await ready;
    for (let left = Math.max(1, retransmits); ; left--) {
      try {
        const records = await ask();
        // An alias that leads nowhere is answered so.
        if (records.length === 0) throw Object.assign(new Error('the name has no such records'), { code: 'ENODATA' });
        return records;
      } catch (cause) {
        if (left <= 1 || codeOf(cause) !== 'ETIMEOUT') throw cause;
      }
    }
  };

  return {
    async addresses(name) {
      const listed = await addressesInHostsFiles(hostsFiles, name);
      if (listed.length > 0) return { addresses: listed, ttl: undefined };
      const [v4, v6] = await Promise.allSettled([
        repeated(() => resolver.resolve4(name, { ttl: true })),
        repeated(() => resolver.resolve6(name, { ttl: true })),
      ]);
      if (v4.status === 'fulfilled' || v6.status === 'fulfilled') return fromDns(v4, v6);
      if (codeOf(v4.reason) === 'ECANCELLED') throw v4.reason;
      if (servers.length > 0 && name.includes('.')) throw moreTelling(v4.reason, v6.reason);
      const found = await systemLookup(name, { all: true });
      return { addresses: found.map(({ address }) => address), ttl: undefined };
    },

    async service(name): Promise<ServiceAnswer> {
      const records = await repeated(() => resolver.resolveSrv(name));
      // The root as target says that there is no such service (RFC 2782). Node does not tell the TTL of SRV records.
      const real = records.filter((record) => record.name !== '' && record.name !== '.');
      return {
        targets: real.map(({ name: host, port, priority, weight }) => ({ host, port, priority, weight })),
        ttl: undefined,
      };
    },

    close: () => resolver.cancel(),
  };
}

/** A nameserver's own name is looked up by the system; one without an address is left out. */
async function numericServers(servers: readonly string[]): Promise<string[]> {
  const found = servers.map(async (server) => {
    const [, name = '', port] = /^([^:[\]]+):(\d+)$/.exec(server) ?? [];
    if (name === '' || isIPv4(name)) return [server];
    const addresses = await systemLookup(name, { all: true }).catch(() => []);
    return addresses.map(({ address, family }) => (family === 6 ? `[${address}]:${port}` : `${address}:${port}`));
  });
  return (await Promise.all(found)).flat();
}

type Settled = PromiseSettledResult<ReadonlyArray<{ readonly address: string; readonly ttl: number }>>;

function fromDns(v4: Settled, v6: Settled): AddressAnswer {
  const records = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const unanswered = isUnanswered(v4) ? 4 : isUnanswered(v6) ? 6 : undefined;
  return {
    addresses: records.map(({ address }) => address),
    ttl: 1000 * Math.min(...records.map(({ ttl }) => ttl)),
    unanswered,
  };
}

function isUnanswered(answer: Settled): boolean {
  return answer.status === 'rejected' && !saysNo(answer.reason);
}

function saysNo(cause: unknown): boolean {
  return codeOf(cause) === 'ENOTFOUND' || codeOf(cause) === 'ENODATA';
}

function moreTelling(first: unknown, second: unknown): unknown {
  return saysNo(first) && !saysNo(second) ? second : first;
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
