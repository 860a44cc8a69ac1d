import { type DnsAnswer, notAsked } from '../../dns-answer.ts';
import { lowerAscii, type PublicSuffixes, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { type Task, TaskKey } from '../../task.ts';
import { type DkimFinding, dkimFindings } from '../dkim/index.ts';
import { type SpfFinding, spfFinding } from '../spf/index.ts';
import { type DmarcAction, type DmarcPolicy, readDmarcRecord } from './record.ts';

export type DmarcSymbol = 'allow' | 'reject' | 'quarantine' | 'softfail' | 'na' | 'dnsfail' | 'badpolicy';

export interface DmarcSettings {
  readonly checkLocal: boolean;
  readonly checkAuthenticated: boolean;
  /** What is done with a message at least, by what DMARC found; as in results. */
  readonly actions: ReadonlyMap<string, string>;
  /** Domains whose wish for a share of their mail is not heeded. */
  readonly noSampling: (domain: string) => boolean;
  readonly suffixes: PublicSuffixes;
  /** From 0 up to and without 1. */
  readonly random: () => number;
  readonly symbols: Readonly<Record<DmarcSymbol, string>>;
}

/** rspamd: src/plugins/lua/dmarc.lua */
export function stockDmarcSettings(suffixes: PublicSuffixes): DmarcSettings {
  return {
    checkLocal: false,
    checkAuthenticated: false,
    actions: new Map(),
    noSampling: () => false,
    suffixes,
    random: Math.random,
    symbols: {
      allow: 'DMARC_POLICY_ALLOW',
      reject: 'DMARC_POLICY_REJECT',
      quarantine: 'DMARC_POLICY_QUARANTINE',
      softfail: 'DMARC_POLICY_SOFTFAIL',
      na: 'DMARC_NA',
      dnsfail: 'DMARC_DNSFAIL',
      badpolicy: 'DMARC_BAD_POLICY',
    },
  };
}

/** What DMARC said, for rules that build on it. */
export interface DmarcFinding {
  readonly result: DmarcSymbol;
  /** Domain of the record; undefined where there is none. */
  readonly domain: string | undefined;
  /** What the domain asks for. */
  readonly action: DmarcAction | undefined;
  readonly reason: string;
  /** By which it was told. */
  readonly symbol: string;
}

export const dmarcFinding = new TaskKey<DmarcFinding>('dmarc');

/** A finding with the options of its symbol. */
interface Outcome extends Omit<DmarcFinding, 'symbol'> {
  readonly options: readonly string[];
}

/** Domain-based Message Authentication (RFC 7489; rspamd: src/plugins/lua/dmarc.lua). */
export function dmarcRule(settings: DmarcSettings): Rule {
  const { symbols } = settings;
  const groups = ['policies', 'dmarc'];
  return {
    name: 'DMARC_CHECK',
    stage: 'filter',
    symbols: {
      [symbols.allow]: { score: -0.5, description: 'DMARC: SPF or DKIM speaks for the sender', groups },
      [symbols.reject]: { score: 2, description: 'DMARC: fails, and its domain asks to reject it', groups },
      [symbols.quarantine]: { score: 1.5, description: 'DMARC: fails, and its domain asks to set it aside', groups },
      [symbols.softfail]: { score: 0.1, description: 'DMARC: fails, and its domain asks for nothing', groups },
      [symbols.na]: { score: 0, description: 'DMARC: there is no policy', groups },
      [symbols.dnsfail]: { score: 0, description: 'DMARC: a look-up failed', groups },
      [symbols.badpolicy]: { score: 0, description: 'DMARC: the record makes no sense', groups },
    },
    after: ['SPF_CHECK', 'DKIM_CHECK'],
    run: async (task) => {
      if (!settings.checkAuthenticated && task.user !== undefined) return;
      if (!settings.checkLocal && task.isLocal) return;
      const outcome = await check(task, settings);
      if (outcome === undefined) return;
      const symbol = symbols[outcome.result];
      task.set(dmarcFinding, { ...outcome, symbol });
      task.insert(symbol, 1, outcome.options.map(toText));
      const action = settings.actions.get(outcome.result);
      if (action !== undefined)
        task.passthrough({ action, module: 'dmarc', message: 'Action set by DMARC', least: true });
    },
  };
}

async function check(task: Task, settings: DmarcSettings): Promise<Outcome | undefined> {
  const spf = task.get(spfFinding);
  const dkim = task.get(dkimFindings);
  // Without both of them it would speak of less than it has to.
  if (spf === undefined || dkim === undefined) return undefined;
  const { from } = task.original;
  const [first] = from;
  if (from.length > 1) return absent('Duplicate From header');
  if (first === undefined) return absent('No From header');
  if (first.domain === '') return absent('No domain in From header');
  const domain = lowerAscii(first.domain);
  const parent = registered(domain, settings);
  const names = parent === domain ? [domain] : [domain, parent];
  const answers = await Promise.all(names.map((name) => task.dns.query(`_dmarc.${name}`, 'TXT', true)));
  if (answers.some(({ error }) => error === notAsked.invalid)) return undefined;
  const [own, above] = answers.map((answer, at) => policyOf(answer, names[at] as string, at > 0));
  const found = own !== undefined && (own.policy !== undefined || own.fatal) ? own : above;
  if (found?.policy !== undefined) {
    const judged = { ...found, policy: found.policy };
    return judge(task, judged, { domain, parent, spf, dkim }, settings);
  }
  // Where neither has one, what is known of the first counts, unless the second one says more.
  const { result, text } = (above !== undefined && own?.fatal !== true ? above : own) as Found;
  return { result, domain: undefined, action: undefined, reason: text, options: [text] };
}

function absent(reason: string): Outcome {
  return { result: 'na', domain: undefined, action: undefined, reason, options: [reason] };
}

function registered(domain: string, { suffixes }: DmarcSettings): string {
  return suffixes.registered(domain) || domain;
}

interface Found {
  readonly domain: string;
  readonly policy: DmarcPolicy | undefined;
  /** Without a policy: the symbol and its option. */
  readonly result: 'na' | 'dnsfail' | 'badpolicy';
  readonly text: string;
  /** It counts though the domain above may have a good one. */
  readonly fatal: boolean;
}

function policyOf(answer: DnsAnswer<'TXT'>, domain: string, isParent: boolean): Found {
  const none = { domain, policy: undefined, fatal: false } as const;
  if (answer.status === 'fail') return { ...none, result: 'dnsfail', text: `${domain} : ${answer.error}` };
  if (answer.status !== 'ok') return { ...none, result: 'na', text: domain };
  const read = answer.records.map((record) => readDmarcRecord(record, isParent)).filter((one) => one !== undefined);
  const wrong = read.find((one) => typeof one === 'string');
  const policies = read.filter((one) => typeof one !== 'string');
  const problem = wrong ?? (policies.length > 1 ? 'Multiple policies defined in DNS' : undefined);
  if (problem !== undefined) return { ...none, result: 'badpolicy', text: `${domain} : ${problem}`, fatal: true };
  const [policy] = policies;
  return { ...none, policy, result: 'na', text: `${domain}: no valid DMARC record` };
}

interface Evidence {
  readonly domain: string;
  /** Domain that somebody registered: that of `domain`, or itself. */
  readonly parent: string;
  readonly spf: SpfFinding;
  readonly dkim: readonly DkimFinding[];
}

function judge(
  task: Task,
  { domain, policy }: Found & { readonly policy: DmarcPolicy },
  evidence: Evidence,
  settings: DmarcSettings,
): Outcome {
  const { action } = policy;
  const aligns = (other: string, isStrict: boolean): boolean => {
    const name = lowerAscii(other);
    return isStrict ? name === evidence.domain : registered(name, settings) === evidence.parent;
  };
  const spf = judgeSpf(task, evidence.spf, (name) => aligns(name, policy.strictSpf), policy.strictSpf);
  const dkim = judgeDkim(evidence.dkim, (name) => aligns(name, policy.strictDkim), policy.strictDkim);
  if (spf.passes || dkim.passes) return { result: 'allow', domain, action, reason: '', options: [domain, action] };
  if (spf.unsure || dkim.unsure) {
    const reason = 'SPF/DKIM temp error';
    return { result: 'dnsfail', domain, action, reason, options: [`${domain} : ${reason}`, action] };
  }
  const reason = [spf.reason, dkim.reason].filter((text) => text !== undefined).join(', ');
  const [result, note] = sample(domain, policy, settings);
  const options = [`${domain} : ${reason}`, action, ...(note === undefined ? [] : [note])];
  return { result, domain, action, reason, options };
}

interface Judgement {
  readonly passes: boolean;
  /** A look-up failed that might have made it pass. */
  readonly unsure: boolean;
  readonly reason: string | undefined;
}

function judgeSpf(
  { original, envelope }: Task,
  { outcome }: SpfFinding,
  aligns: (name: string) => boolean,
  isStrict: boolean,
): Judgement {
  const aligned = aligns(original.sender?.domain || (envelope.helo ?? ''));
  if (outcome !== 'pass') return { passes: false, unsure: outcome === 'temperror' && aligned, reason: 'No valid SPF' };
  return { passes: aligned, unsure: false, reason: aligned ? undefined : `SPF not aligned (${mode(isStrict)})` };
}

function judgeDkim(findings: readonly DkimFinding[], aligns: (name: string) => boolean, isStrict: boolean): Judgement {
  if (findings.length === 0) return { passes: false, unsure: false, reason: 'No valid DKIM' };
  const has = (outcome: DkimFinding['outcome'], wanted: boolean): boolean =>
    findings.some((one) => one.outcome === outcome && aligns(one.signature.domain) === wanted);
  const passes = has('pass', true);
  const reason = !passes && has('pass', false) ? `DKIM not aligned (${mode(isStrict)})` : undefined;
  return { passes, unsure: !passes && has('temperror', true), reason };
}

function mode(isStrict: boolean): string {
  return isStrict ? 'strict' : 'relaxed';
}

/** RFC 7489, 6.6.4. */
function sample(
  domain: string,
  { action, percent }: DmarcPolicy,
  { random, noSampling }: DmarcSettings,
): readonly [result: 'reject' | 'quarantine' | 'softfail', note?: string] {
  if (action === 'none') return ['softfail'];
  if (percent === undefined || Math.floor(random() * 100) + 1 <= percent) return [action];
  if (noSampling(domain)) return [action, 'local_policy'];
  return [action === 'reject' ? 'quarantine' : 'softfail', 'sampled_out'];
}
