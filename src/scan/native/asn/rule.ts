import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { TaskKey } from '../../task.ts';
import { ipBytes, reversedIp } from '../ip.ts';

export interface AsnSettings {
  /** Zones that know networks of addresses. */
  readonly zone4: string;
  readonly zone6: string;
  readonly symbol: string;
  readonly checkLocal: boolean;
}

/** rspamd: src/plugins/lua/asn.lua */
export const stockAsnSettings: AsnSettings = {
  zone4: 'asn.rspamd.com',
  zone6: 'asn6.rspamd.com',
  symbol: 'ASN',
  checkLocal: false,
};

/** To whom the client's address belongs. */
export interface NetworkOwner {
  readonly asn: string | undefined;
  readonly network: string | undefined;
  readonly country: string | undefined;
}

export const networkOwner = new TaskKey<NetworkOwner>('asn');

export function asnRule(settings: AsnSettings = stockAsnSettings): Rule {
  const { symbol } = settings;
  const failure = `${symbol}_FAIL`;
  return {
    name: 'ASN_CHECK',
    stage: 'prefilter',
    priority: 8,
    flags: ['empty', 'nostat'],
    symbols: {
      [symbol]: { score: 0, description: 'Owner of the network that the client is in' },
      [failure]: { score: 0, description: 'The owner of the network could not be looked up' },
    },
    run: async (task) => {
      const bytes = task.ip === undefined ? undefined : ipBytes(task.ip);
      if (bytes === undefined || (!settings.checkLocal && task.isLocal)) return;
      const name = `${reversedIp(bytes)}.${bytes.length === 4 ? settings.zone4 : settings.zone6}`;
      const { status, records, error } = await task.dns.query(name, 'TXT');
      if (status === 'fail') task.insert(failure, 1, [`${name}:${error}`]);
      const [record] = records;
      if (record === undefined) return;
      // `15169 | 8.8.8.0/24 | US | arin |`, blanks or not.
      const [asn = '', network, country] = record.split(/[|\s]+/);
      const owner = { asn: /^\d+$/.test(asn) ? asn : undefined, network, country };
      task.set(networkOwner, owner);
      const texts = [
        ...(owner.asn === undefined ? [] : [`asn:${owner.asn}`]),
        ...(network ? [`ipnet:${network}`] : []),
        ...(country ? [`country:${country}`] : []),
      ];
      task.insert(symbol, 0, [toText(texts.join(', '))]);
    },
  };
}
