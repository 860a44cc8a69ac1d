import { type ByteString, fromText, type PublicSuffixes, toText } from '../../message/index.ts';
import type { Rule, SymbolSpec } from '../../rule.ts';
import type { Task } from '../../task.ts';

/** What is believed of a domain: `wl` that mail which proves to be its own is good, `bl` that other mail is bad. */
export type Trust = 'wl' | 'bl' | 'both';

export interface Belief {
  readonly trust: Trust;
  readonly weight: number;
}

/** A list of domains with what they have to prove. */
export interface Whitelist {
  readonly symbol: string;
  readonly spec: SymbolSpec;
  /** What mail gets that does not prove it; without it the symbol, with a weight below zero. */
  readonly inverse: { readonly symbol: string; readonly spec: SymbolSpec } | undefined;
  readonly inverseMultiplier: number;
  /** Domains are `bl` by default. */
  readonly isBlacklist: boolean;
  readonly proofs: { readonly spf: boolean; readonly dkim: boolean; readonly dmarc: boolean };
  /** @param domain text, lower case */
  readonly find: (domain: string) => Belief | undefined;
}

/** What lists need to know of all others. */
export interface WhitelistWorld {
  readonly suffixes: PublicSuffixes;
  /** Symbols of what proves it. */
  readonly proofs: { readonly spf: string; readonly dkim: string; readonly dmarc: string };
  /** Clients whose mail is held against a domain. */
  readonly isHeld: (task: Task) => boolean;
}

/** rspamd: src/plugins/lua/whitelist.lua:whitelist_cb */
export function whitelistRule(list: Whitelist, world: WhitelistWorld): Rule {
  const { symbol, spec, inverse, isBlacklist, proofs } = list;
  const needed = [
    ...(proofs.spf || proofs.dmarc ? [world.proofs.spf] : []),
    ...(proofs.dkim || proofs.dmarc ? [world.proofs.dkim, 'DKIM_CHECK'] : []),
    ...(proofs.dmarc ? [world.proofs.dmarc, 'DMARC_CHECK'] : []),
  ];
  return {
    name: symbol,
    stage: 'filter',
    after: needed,
    flags: isBlacklist ? ['empty'] : ['nice', 'empty'],
    symbols: { ...(inverse === undefined ? {} : { [inverse.symbol]: inverse.spec }), [symbol]: spec },
    run: (task) => {
      const found = judge(task, list, world);
      if (found === undefined) return;
      const { isViolated, weight, options } = found;
      if (!isViolated) return task.insert(symbol, weight, options);
      if ((proofs.spf || proofs.dmarc) && !world.isHeld(task)) return;
      const signed = inverse === undefined && !isBlacklist ? -weight : weight;
      task.insert(inverse?.symbol ?? symbol, signed * list.inverseMultiplier, options);
    },
  };
}

interface Judgement {
  readonly isViolated: boolean;
  readonly weight: number;
  readonly options: readonly string[];
}

function judge(task: Task, { proofs, find }: Whitelist, world: WhitelistWorld): Judgement | undefined {
  const options: string[] = [];
  let [isGood, isBad, weight] = [false, false, 1];
  const good = (belief: Belief, option: string): void => {
    options.push(`${option}:+`);
    isGood = true;
    if (!isBad) weight = belief.weight;
  };
  const bad = (belief: Belief, option: string): void => {
    options.push(`${option}:-`);
    isBad = true;
    weight = belief.weight;
  };
  const known = (domain: string): readonly [string, Belief] | undefined => {
    const belief = find(domain);
    return belief === undefined ? undefined : [domain, belief];
  };
  const registered = (domain: ByteString): string => {
    const host = toText(domain).toLowerCase();
    return toText(world.suffixes.registered(fromText(host))) || host;
  };

  let isUnsigned = false;
  if (proofs.dkim) {
    const trace = [...(task.results.get('DKIM_TRACE')?.options ?? [])];
    const last = (sign: '+' | '-') =>
      trace.flatMap((one) => (one.endsWith(`:${sign}`) ? (known(registered(fromText(one.slice(0, -2)))) ?? []) : []));
    const [passed, failed] = [pairOf(last('+')), pairOf(last('-'))];
    isUnsigned = true;
    if (passed !== undefined && passed[1].trust !== 'bl') {
      good(passed[1], `${passed[0]}:d`);
      isUnsigned = false;
    }
    if (failed !== undefined) {
      if (failed[1].trust === 'wl') isUnsigned = true;
      else bad(failed[1], `${failed[0]}:d`);
    }
  }
  const weigh = (found: readonly [string, Belief] | undefined, mark: string, proof: string): void => {
    isGood = false;
    if (found === undefined) return;
    const [domain, belief] = found;
    const isProven = task.results.has(proof) && !isUnsigned;
    if (isProven && belief.trust !== 'bl') good(belief, `${domain}:${mark}`);
    else if (!isProven && belief.trust !== 'wl') bad(belief, `${domain}:${mark}`);
  };
  if (proofs.dmarc) {
    const own = task.visible.from[0]?.domain ?? '';
    weigh(known(registered(own)) ?? known(toText(own).toLowerCase()), 'D', world.proofs.dmarc);
  }
  if (proofs.spf)
    weigh(known(registered(task.visible.sender?.domain || (task.envelope.helo ?? ''))), 's', world.proofs.spf);
  return isBad || isGood ? { isViolated: isBad, weight, options } : undefined;
}

/** The last pair of a flat list. */
function pairOf(flat: readonly (string | Belief)[]): readonly [string, Belief] | undefined {
  const [domain, belief] = flat.slice(-2);
  return typeof domain === 'string' && typeof belief === 'object' ? [domain, belief] : undefined;
}
