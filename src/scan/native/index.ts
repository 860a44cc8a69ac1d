import { first, loadText, type UclObject, type UclValue } from '../../ucl/index.ts';
import { Networks } from '../networks.ts';
import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';
import { arcRule } from './arc/index.ts';
import { asnRule } from './asn/index.ts';
import { charsetRule } from './chartable/index.ts';
import { dkimRule } from './dkim/index.ts';
import { dmarcRule, stockDmarcSettings } from './dmarc/index.ts';
import { textsOf } from './options.ts';
import { listRules, readLists, stockListSymbols, stockLists } from './rbl/index.ts';
import { spfRule } from './spf/index.ts';

export { arcFinding } from './arc/index.ts';
export { dkimFindings } from './dkim/index.ts';
export { dmarcFinding } from './dmarc/index.ts';
export { zBase32 } from './rbl/index.ts';
export { spfFinding } from './spf/index.ts';

/** What Rspamd has in C, or in Lua that asks DNS: authentication of senders and lists of addresses. */
export function nativeRules(context: RuleContext): readonly Rule[] {
  const { knowledge, resolver, options, problem } = context;
  const lists = readLists(context.section('rbl') ?? stock(), {
    maxRequests: options.dnsMaxRequests,
    problem,
    nameSet: (value) => {
      const names = new Set(inline(value, problem));
      return (name) => names.has(name);
    },
    networkSet: (value) => {
      const networks = new Networks(inline(value, problem), 'a list of rbl', problem);
      return (ip) => networks.has(ip);
    },
  });
  return [
    asnRule(),
    charsetRule(),
    spfRule(),
    dkimRule(),
    arcRule(),
    dmarcRule(stockDmarcSettings(knowledge.suffixes)),
    ...listRules({
      lists,
      resolver,
      suffixes: knowledge.suffixes,
      symbols: (name) => stockListSymbols.get(name),
    }),
  ];
}

function stock(): UclObject {
  const { root } = loadText(stockLists, { name: '<built-in lists>' });
  if (root === undefined) throw new Error('the built-in lists are wrong');
  return root;
}

/** Members that stand in the configuration itself. */
function inline(value: UclValue, problem: (text: string) => void): string[] {
  return textsOf(first(value) ?? value).filter((text) => {
    const isElsewhere = /^(?:[a-z+]+:\/\/|\/)/i.test(text);
    if (isElsewhere) problem(`a list of rbl cannot be read from ${text}`);
    return !isElsewhere;
  });
}
