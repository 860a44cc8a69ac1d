import { type ByteString, type MessageHeader, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { type Task, TaskKey } from '../../task.ts';
import { findKey, readSignature, verifySignature } from '../dkim/index.ts';
import { dmarcFinding } from '../dmarc/index.ts';
import { type HopResult, passedDmarc, readResults, trustOf } from './forwarder.ts';

export type ArcOutcome = 'pass' | 'fail' | 'invalid' | 'none';

export interface ArcSettings {
  /** Seconds that a signature may be ahead of our clock. */
  readonly jitter: number;
  /** Domains whose signatures are believed though they do not hold. */
  readonly whitelist: (domain: string) => boolean;
  /** Domains of forwarders whose results of authentication are believed; undefined: of none. */
  readonly trusted: ((domain: string) => boolean) | undefined;
  /** `trusted`: such a forwarder sealed the message. */
  readonly symbols: Readonly<Record<ArcOutcome | 'trusted', string>>;
}

/** rspamd: src/plugins/lua/arc.lua */
export const stockArcSettings: ArcSettings = {
  jitter: 6 * 3600,
  whitelist: () => false,
  trusted: undefined,
  symbols: {
    pass: 'ARC_ALLOW',
    fail: 'ARC_REJECT',
    invalid: 'ARC_INVALID',
    none: 'ARC_NA',
    trusted: 'ARC_ALLOW_TRUSTED',
  },
};

/** What became of the chain, for rules that build on it. */
export interface ArcFinding {
  readonly outcome: ArcOutcome;
  /** Of the last seal, or what is wrong; as the option of the symbol has it. */
  readonly text: string | undefined;
  /** Sets of the chain. */
  readonly length: number;
  /** Forwarders that are believed, from the first one on. */
  readonly forwarders: readonly Forwarder[];
}

export interface Forwarder {
  /** As the option of the symbol has it. */
  readonly text: string;
  /** What it found when it got the message. */
  readonly results: readonly HopResult[];
}

export const arcFinding = new TaskKey<ArcFinding>('arc');

/** Authenticated Received Chain (RFC 8617; rspamd: src/plugins/lua/arc.lua). */
export function arcRule(settings: ArcSettings = stockArcSettings): Rule {
  const { symbols } = settings;
  const groups = ['policies', 'arc'];
  return {
    name: 'ARC_CHECK',
    stage: 'filter',
    symbols: {
      [symbols.pass]: { score: -1, description: 'ARC: the chain holds', groups },
      [symbols.fail]: { score: 1, description: 'ARC: the chain does not hold', groups },
      [symbols.invalid]: { score: 0.5, description: 'ARC: the chain makes no sense', groups },
      [symbols.none]: { score: 0, description: 'ARC: there is no chain', groups },
      ...(settings.trusted === undefined ? {} : { [symbols.trusted]: trustedSymbol }),
    },
    after: ['SPF_CHECK', 'DKIM_CHECK'],
    run: async (task) => {
      const finding = await checkChain(task, settings);
      task.set(arcFinding, finding);
      for (const { text, results } of finding.forwarders)
        task.insert(symbols.trusted, trustOf(results), [toText(text)]);
      task.insert(symbols[finding.outcome], 1, finding.text === undefined ? [] : [toText(finding.text)]);
    },
  };
}

const trustedSymbol = {
  score: -2,
  description: 'ARC: a forwarder that is trusted speaks for the message',
  groups: ['policies', 'arc'],
  oneShot: true,
} as const;

/** What a message failed here it may have passed there (rspamd: src/plugins/lua/arc.lua:arc_dmarc_adjust_cb). */
export const arcDmarcRule: Rule = {
  name: 'ARC_DMARC_ADJUSTMENT',
  stage: 'filter',
  symbols: {},
  after: ['DMARC_CHECK', 'ARC_CHECK'],
  run: (task) => {
    const forwarder = task.get(arcFinding)?.forwarders.at(-1);
    const dmarc = task.get(dmarcFinding);
    if (forwarder === undefined || (dmarc?.result !== 'reject' && dmarc?.result !== 'quarantine')) return;
    const symbol = task.results.get(dmarc.symbol);
    if (symbol !== undefined && passedDmarc(forwarder.results)) task.results.adjust(symbol, 0.1, ['ARC trusted']);
  },
};

/** One field of a chain, read as far as the order of the chain needs. */
interface Link {
  readonly field: MessageHeader;
  readonly instance: number;
  readonly domain: ByteString;
  readonly selector: ByteString;
  readonly chain: ByteString | undefined;
}

async function checkChain(task: Task, settings: ArcSettings): Promise<ArcFinding> {
  const signatures = linksOf(task, 'ARC-Message-Signature');
  const seals = linksOf(task, 'ARC-Seal');
  const length = seals.length;
  const forwarders: readonly Forwarder[] = [];
  if (signatures.length === 0 || length === 0) return { outcome: 'none', text: undefined, length, forwarders };
  const wrong = orderProblem(signatures, seals);
  if (wrong !== undefined) return { ...wrong, length, forwarders };
  const last = signatures.at(-1) as Link;
  const signed = await checkLink(task, last, 'arc-signature', settings);
  if (signed.unreadable) {
    const errors = listed([`sig:${last.domain}:${signed.error}`]);
    return { outcome: 'fail', text: `cannot verify ${length} of ${length} signatures: ${errors}`, length, forwarders };
  }
  if (signed.error !== undefined)
    return {
      outcome: 'fail',
      text: `signature check failed: fail, ${listed([`sig:${last.domain}:${signed.error}`])}`,
      length,
      forwarders,
    };
  const checked = await Promise.all(seals.map((seal) => checkLink(task, seal, 'arc-seal', settings)));
  const errors = seals.flatMap(({ domain, selector, instance }, at) => {
    const { error, unreadable } = checked[at] as Checked;
    if (error === undefined) return [];
    return [unreadable ? `seal:${domain}:s=${selector}:i=${instance}:${error}` : `sig:${domain}:${error}`];
  });
  const broken = checked.findIndex(({ error }) => error !== undefined);
  const trusted = { forwarders: forwardersOf(task, broken < 0 ? seals : seals.slice(0, broken), settings) };
  if (errors.length > 0)
    return { outcome: 'fail', text: `seal check failed: fail, ${listed(errors)}`, length, ...trusted };
  return { outcome: 'pass', text: named(seals.at(-1) as Link), length, ...trusted };
}

function named({ domain, selector, instance }: Link): string {
  return `${domain}:s=${selector}:i=${instance}`;
}

/** @param seals those before the first one that does not hold */
function forwardersOf(task: Task, seals: readonly Link[], { trusted }: ArcSettings): readonly Forwarder[] {
  const known = seals.filter(({ domain }) => trusted?.(domain) === true);
  if (known.length === 0) return [];
  const written = linksOf(task, 'ARC-Authentication-Results');
  return known.map((seal) => {
    const field = written.find(({ instance }) => instance === seal.instance)?.field;
    return { text: named(seal), results: field === undefined ? [] : readResults(field.value) };
  });
}

/** A table as the original's log writes it. */
function listed(texts: readonly string[]): string {
  return `{${texts.map((text, at) => `[${at + 1}] = ${text}`).join(', ')}}`;
}

function linksOf({ message }: Task, name: string): Link[] {
  return message.headers
    .getAll(name)
    .map(readLink)
    .sort((a, b) => a.instance - b.instance);
}

function readLink(field: MessageHeader): Link {
  const tags = new Map(
    field.value.split(';').map((piece) => {
      const [name = '', value = ''] = piece.split('=');
      return [name.trim(), value.trim()] as const;
    }),
  );
  const number = tags.get('i') ?? '';
  return {
    field,
    instance: /^\d+$/.test(number) ? Number(number) : 0,
    domain: tags.get('d') ?? '',
    selector: tags.get('s') ?? '',
    chain: tags.get('cv'),
  };
}

/** RFC 8617, 5.2, steps 2 and 3. */
function orderProblem(
  signatures: readonly Link[],
  seals: readonly Link[],
): { readonly outcome: 'invalid' | 'fail'; readonly text: string } | undefined {
  if (signatures.length !== seals.length) return { outcome: 'invalid', text: 'invalid count of seals and signatures' };
  for (const [at, seal] of seals.entries()) {
    const instance = at + 1;
    const signature = signatures[at] as Link;
    const bad = ([what, { instance: given, domain }]: readonly [string, Link]): string | undefined =>
      given === instance ? undefined : `bad i for ${what}: ${given}, expected ${instance}; d=${domain || 'nil'}`;
    const text = bad(['signature', signature]) ?? bad(['seal', seal]);
    if (text !== undefined) return { outcome: 'invalid', text };
    if (seal.chain === undefined) return { outcome: 'invalid', text: `no cv on i=${instance}` };
    if (instance === 1 && seal.chain !== 'none') return { outcome: 'invalid', text: 'cv is not "none" for i=1' };
    if (instance > 1 && seal.chain !== 'pass') return { outcome: 'fail', text: `cv is ${seal.chain} on i=${instance}` };
  }
  return undefined;
}

interface Checked {
  /** Undefined for one that holds. */
  readonly error: string | undefined;
  readonly unreadable: boolean;
}

const good: Checked = { error: undefined, unreadable: false };

const outcomeTexts = {
  fail: 'reject',
  permerror: 'permanent error',
  temperror: 'tempfail',
  ignored: 'bad record',
} as const;

async function checkLink(
  task: Task,
  { field, domain }: Link,
  kind: 'arc-signature' | 'arc-seal',
  settings: ArcSettings,
): Promise<Checked> {
  const clock = { now: Math.floor(task.receivedAt / 1000), jitter: settings.jitter };
  const { signature, problem } = readSignature(kind, field.value, clock);
  const isTrusted = settings.whitelist(domain);
  if (signature === undefined) return isTrusted ? good : { error: problem, unreadable: true };
  const found = await findKey(task.dns, `${signature.selector}._domainkey.${signature.domain}`);
  const failed = (error: string): Checked => (isTrusted ? good : { error, unreadable: false });
  if (found.key === undefined) return failed(found.detail);
  const { outcome } = verifySignature(task.message, signature, field, found.key);
  return outcome === 'pass' ? good : failed(outcomeTexts[outcome]);
}
