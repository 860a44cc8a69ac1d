import type { Logger } from '../../../message/log.ts';
import type { ByteString, PublicSuffixes } from '../../message/index.ts';
import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { type ArcFinding, arcFinding, readResults } from '../arc/index.ts';
import { authenticationResults } from '../auth-results.ts';
import {
  algorithmOf,
  canonicalField,
  fieldsOfSets,
  foldBase64,
  foldTags,
  maxArcSets,
  signMessage,
  signText,
} from '../dkim/index.ts';
import { mayBeBroken } from './choose.ts';
import { foldsOf, isAllowed, Signers } from './rule.ts';
import type { ReuseSettings, SignerSettings } from './settings.ts';

/** Adds a set of ours to the chain (RFC 8617, 5.1; rspamd: src/plugins/lua/arc.lua). */
export function arcSealRule(settings: SignerSettings, suffixes: PublicSuffixes, logger: Logger): Rule {
  const signers = new Signers(settings, suffixes, 'arc', logger);
  return {
    name: settings.symbol,
    stage: 'filter',
    symbols: {
      [settings.symbol]: { score: 0, description: 'The message gets an ARC set', groups: ['policies', 'arc'] },
    },
    flags: ['ignorePassthrough'],
    after: ['ARC_CHECK', 'DMARC_CHECK'],
    condition: (task) => isAllowed(task, settings),
    run: async (task) => {
      const chain = task.get(arcFinding);
      // What makes no sense cannot be gone on with.
      if (chain === undefined || chain.outcome === 'invalid' || chain.length >= maxArcSets) return;
      if (chain.outcome === 'fail' && !mayBeBroken(task, settings)) return;
      const [signer] = await signers.of(task);
      if (signer === undefined) return;
      const instance = chain.length + 1;
      const { domain, selector, key } = signer;
      const now = Math.floor(task.receivedAt / 1000);
      const lineEnd = foldsOf(task);
      const reused = settings.reuse === undefined ? undefined : resultsOfMessage(task, settings.reuse);
      const results = foldTags([`i=${instance}`, ...(reused ?? authenticationResults(task))], lineEnd);
      const { message } = task;
      const signature = signMessage(message, {
        key,
        domain,
        selector,
        fields: settings.fields,
        now,
        instance,
        lineEnd,
      });
      const cv = chain.outcome === 'none' ? 'none' : holds(chain, reused) ? 'pass' : 'fail';
      const unsigned = foldTags(
        [`i=${instance}`, `a=${algorithmOf(key)}`, `d=${domain}`, `s=${selector}`, `cv=${cv}`, `t=${now}`, 'b='],
        lineEnd,
      );
      const sealed = [
        // A chain that does not hold is not vouched for (RFC 8617, 5.1.2).
        ...(cv === 'fail' ? [] : fieldsOfSets(message, chain.length)),
        canonicalField(`ARC-Authentication-Results: ${results}`, 'relaxed'),
        canonicalField(`ARC-Message-Signature: ${signature}`, 'relaxed'),
        canonicalField(`ARC-Seal: ${unsigned}`, 'relaxed'),
      ];
      const seal = unsigned + foldBase64(signText(key, sealed.join('\r\n')), lineEnd);
      addHeader(task, 'ARC-Authentication-Results', results);
      addHeader(task, 'ARC-Message-Signature', signature);
      addHeader(task, 'ARC-Seal', seal);
      task.insert(settings.symbol, 1, [toText(`${domain}:s=${selector}:i=${instance}`)]);
    },
  };
}

/** Elements of field Authentication-Results, as some host before us wrote it. */
function resultsOfMessage({ message }: Task, { host }: ReuseSettings): readonly ByteString[] | undefined {
  const values = message.headers.getAll('Authentication-Results').map(({ decodedBytes }) => decodedBytes);
  const value = values.find((one) => host === undefined || /^\s*([^;\s]+)/.exec(one)?.[1] === host);
  const elements = value?.split(';').map((element) => element.trim());
  return elements?.filter((element) => element !== '');
}

/** What that host says of the chain counts, where it says something (rspamd: src/plugins/lua/arc.lua). */
function holds({ outcome }: ArcFinding, reused: readonly ByteString[] | undefined): boolean {
  const said = readResults(reused?.join(';') ?? '').find(({ method }) => method === 'arc')?.result;
  return said === undefined ? outcome === 'pass' : said === 'pass' || said === 'none';
}

function addHeader({ reply }: Task, name: string, value: ByteString): void {
  reply.milter.addHeaders.set(name, [{ value, order: 1 }]);
}
