import type { Logger } from '../../../message/log.ts';
import type { UclObject } from '../../../ucl/index.ts';
import { type Lookup, UpstreamGroup } from '../../../upstreams/index.ts';
import { generateKeyPair, loadCipher, type PublicKey, sharedKey } from '../../../wire/crypt/index.ts';
import type { Datagrams } from '../../datagrams/index.ts';
import type { Rule } from '../../rule.ts';
import { type FuzzyClient, fuzzyRule } from './rule.ts';
import { type FuzzyRuleSettings, type FuzzyWorld, fuzzySettings, type ReadingRule } from './settings.ts';
import { Shingler } from './shingles.ts';
import { FuzzyStorage } from './storage.ts';
import type { FuzzyChannel } from './wire.ts';

export { bytesHash, usualKey } from './digest.ts';
export { genericHostname } from './extensions.ts';
export { type FuzzyMatch, fuzzyMatches } from './rule.ts';

const cipher = await loadCipher();

export interface FuzzyNetwork {
  /** Of hosts of storages. */
  readonly lookup: Lookup;
  readonly datagrams: Datagrams;
}

/** Rules of section `fuzzy_check`; none without one, as a storage of somebody else is not asked unbidden. */
export function fuzzyRules(
  section: UclObject | undefined,
  world: FuzzyWorld,
  network: FuzzyNetwork,
  logger: Logger,
): readonly Rule[] {
  if (section === undefined) return [];
  const settings = fuzzySettings(section, world);
  if (settings.rules.length === 0) return [];
  const clients = new Map<FuzzyRuleSettings, FuzzyClient>();
  const { lookup, datagrams } = network;
  // Names are looked up for the first message, and not where a configuration is only read.
  const clientOf = (rule: ReadingRule): FuzzyClient => {
    const { name, read, timeout, retransmits, limits, tcp, shinglesKey, algorithm } = rule;
    const known = clients.get(rule);
    if (known !== undefined) return known;
    const group = new UpstreamGroup({ name, hosts: read, limits, lookup, log: logger });
    const warn = (text: string): void => logger.log('warning', 'fuzzy_check', 'fuzzy_tcp', '', `rule ${name}: ${text}`);
    const channel = channelTo(rule.readKey);
    const storage = new FuzzyStorage(group, { timeout, retransmits, tcp, warn, channel }, datagrams);
    const client = { storage, shingler: Shingler.create(shinglesKey, algorithm) };
    clients.set(rule, client);
    return client;
  };
  return [fuzzyRule(settings, clientOf, logger)];
}

function channelTo(peer: PublicKey | undefined): FuzzyChannel | undefined {
  if (peer === undefined) return undefined;
  const own = generateKeyPair();
  return { cipher, own, peer: peer.bytes, shared: sharedKey(cipher, own, peer) };
}
