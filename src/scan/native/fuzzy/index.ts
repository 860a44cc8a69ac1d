import type { Logger } from '../../../message/log.ts';
import type { UclObject } from '../../../ucl/index.ts';
import { createLookup, UpstreamGroup } from '../../../upstreams/index.ts';
import { generateKeyPair, loadCipher, type PublicKey, sharedKey } from '../../../wire/crypt/index.ts';
import type { Rule } from '../../rule.ts';
import type { MapReader } from '../maps.ts';
import { fuzzyRule } from './rule.ts';
import { type FuzzyRuleSettings, fuzzySettings } from './settings.ts';
import { FuzzyStorage } from './storage.ts';
import type { FuzzyChannel } from './wire.ts';

const cipher = await loadCipher();

/** Rules of section `fuzzy_check`; none without one, as a storage of somebody else is not asked unbidden. */
export function fuzzyRules(
  section: UclObject | undefined,
  nameservers: readonly string[],
  maps: MapReader,
  logger: Logger,
  problem: (text: string) => void,
): readonly Rule[] {
  if (section === undefined) return [];
  const settings = fuzzySettings(section, maps, problem);
  if (settings.rules.length === 0) return [];
  const storages = new Map<FuzzyRuleSettings, FuzzyStorage>();
  const lookup = createLookup({ servers: nameservers });
  // Names are looked up for the first message, and not where a configuration is only read.
  const storageOf = (rule: FuzzyRuleSettings): FuzzyStorage => {
    const { name, read, timeout, retransmits } = rule;
    const known = storages.get(rule);
    if (known !== undefined || read === undefined) return known as FuzzyStorage;
    const group = new UpstreamGroup({ name, hosts: read, lookup, log: logger });
    const storage = new FuzzyStorage(group, { timeout, retransmits, channel: channelTo(rule.readKey) });
    storages.set(rule, storage);
    return storage;
  };
  return [fuzzyRule(settings, storageOf, logger)];
}

function channelTo(peer: PublicKey | undefined): FuzzyChannel | undefined {
  if (peer === undefined) return undefined;
  const own = generateKeyPair();
  return { cipher, own, peer: peer.bytes, shared: sharedKey(cipher, own, peer) };
}
