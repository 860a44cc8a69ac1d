import { lookup as systemLookup } from 'node:dns/promises';
import type { AddressAnswer, Lookup, ServiceAnswer } from '../../upstreams/index.ts';
import type { DnsAnswer, DnsResolver, DnsType } from '../dns-answer.ts';

/** A name takes no longer; milliseconds. */
const patience = 10_000;

/**
 * Looks hosts of services up by the DNS of scans. (The resolver of Node itself is not for threads that may be stopped
 * from outside: an answer that comes in meanwhile takes the whole process with it.)
 */
export function lookupBy(resolver: DnsResolver): Lookup {
  const ask = <T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> =>
    resolver.forTask(performance.now() + patience).query(name, type);
  return {
    async addresses(name): Promise<AddressAnswer> {
      const [v4, v6] = await Promise.all([ask(name, 'A'), ask(name, 'AAAA')]);
      if (v4.status === 'ok' || v6.status === 'ok')
        return {
          addresses: [...v4.records, ...v6.records],
          ttl: undefined,
          unanswered: v4.status === 'fail' ? 4 : v6.status === 'fail' ? 6 : undefined,
        };
      // Names of the machine's own network are not in DNS.
      if (name.includes('.')) throw new Error((v4.status === 'fail' ? v4 : v6).error);
      const found = await systemLookup(name, { all: true });
      return { addresses: found.map(({ address }) => address), ttl: undefined };
    },

    async service(name): Promise<ServiceAnswer> {
      const { status, records, error } = await ask(name, 'SRV');
      if (status !== 'ok') throw new Error(error);
      // The root as target says that there is no such service (RFC 2782).
      const targets = records.filter(({ target }) => target !== '');
      return { targets: targets.map(({ target, ...rest }) => ({ host: target, ...rest })), ttl: undefined };
    },

    close: () => {},
  };
}
