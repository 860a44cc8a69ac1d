import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { type Task, TaskKey } from '../../task.ts';
import { findKey } from './key.ts';
import { readSignature, type Signature } from './signature.ts';
import { type SignatureOutcome, verifySignature } from './verify.ts';

export interface DkimSettings {
  /** Signatures that are looked at. */
  readonly maxSignatures: number;
  /** Seconds that a signature may be ahead of our clock. */
  readonly jitter: number;
  readonly checkLocal: boolean;
  readonly checkAuthenticated: boolean;
  /** Clients whose signatures are not checked. */
  readonly whitelist: (ip: string) => boolean;
  /** Domains whose signatures count more or less; undefined for one that is not listed. */
  readonly strictness: (domain: string) => Strictness | undefined;
  /** Look at signatures of listed domains only. */
  readonly trustedOnly: boolean;
  readonly symbols: Readonly<Record<SignatureOutcome | 'none', string>>;
}

/** Times the weight of the symbol. */
export interface Strictness {
  readonly allow: number;
  readonly deny: number;
}

/** rspamd: src/plugins/dkim_check.c, conf/modules.d/dkim.conf */
export const stockDkimSettings: DkimSettings = {
  maxSignatures: 5,
  jitter: 6 * 3600,
  checkLocal: false,
  checkAuthenticated: false,
  whitelist: () => false,
  strictness: () => undefined,
  trustedOnly: false,
  symbols: {
    pass: 'R_DKIM_ALLOW',
    fail: 'R_DKIM_REJECT',
    permerror: 'R_DKIM_PERMFAIL',
    temperror: 'R_DKIM_TEMPFAIL',
    none: 'R_DKIM_NA',
  },
};

/** What became of one signature, for rules that build on it. */
export interface DkimFinding {
  readonly signature: Signature;
  readonly outcome: SignatureOutcome;
  readonly reason: string;
}

export const dkimFindings = new TaskKey<readonly DkimFinding[]>('dkim');

const traceSigns: Readonly<Record<SignatureOutcome, string>> = { pass: '+', fail: '-', permerror: '~', temperror: '?' };

/** DomainKeys Identified Mail (rspamd: src/plugins/dkim_check.c). */
export function dkimRule(settings: DkimSettings = stockDkimSettings): Rule {
  const { symbols } = settings;
  const groups = ['policies', 'dkim'];
  return {
    name: 'DKIM_CHECK',
    stage: 'filter',
    flags: ['fine'],
    symbols: {
      [symbols.pass]: { score: -0.2, description: 'DKIM: the signature holds', groups, oneShot: true },
      [symbols.fail]: { score: 1, description: 'DKIM: the signature does not hold', groups, oneShot: true },
      [symbols.permerror]: { score: 0, description: 'DKIM: there is no usable key', groups },
      [symbols.temperror]: { score: 0, description: 'DKIM: the key could not be looked up', groups },
      [symbols.none]: { score: 0, description: 'DKIM: there is no signature', groups, oneShot: true },
      DKIM_TRACE: { score: 0, description: 'DKIM: what became of each signature', groups, oneShot: true },
    },
    run: async (task) => {
      if (!isChecked(task, settings)) return;
      if (!task.message.has('DKIM-Signature')) {
        task.set(dkimFindings, []);
        task.insert(symbols.none);
        return;
      }
      const findings = await checkSignatures(task, settings);
      task.set(dkimFindings, findings);
      for (const { signature, outcome } of findings) {
        const { domain, selector } = signature;
        const strictness = settings.strictness(domain);
        const multiplier =
          { pass: strictness?.allow, fail: strictness?.deny, permerror: 1, temperror: 1 }[outcome] ?? 1;
        task.insert('DKIM_TRACE', 0, [toText(`${domain}:${traceSigns[outcome]}`)]);
        task.insert(symbols[outcome], multiplier, [toText(`${domain}:s=${selector}`)]);
      }
    },
  };
}

function isChecked(task: Task, settings: DkimSettings): boolean {
  if (!settings.checkAuthenticated && task.user !== undefined) return false;
  if (!settings.checkLocal && task.isLocal) return false;
  return task.ip === undefined || !settings.whitelist(task.ip);
}

async function checkSignatures(task: Task, settings: DkimSettings): Promise<readonly DkimFinding[]> {
  const clock = { now: Math.floor(task.receivedAt / 1000), jitter: settings.jitter };
  const fields = task.message.headers.getAll('DKIM-Signature').slice(0, settings.maxSignatures);
  const pending = fields.map(async (field): Promise<DkimFinding | undefined> => {
    const { signature } = readSignature('dkim', field.value, clock);
    if (signature === undefined) return undefined;
    if (settings.trustedOnly && settings.strictness(signature.domain) === undefined) return undefined;
    const found = await findKey(task.dns, `${signature.selector}._domainkey.${signature.domain}`);
    const { outcome, reason } =
      found.key === undefined ? found : verifySignature(task.message, signature, field, found.key);
    return outcome === 'ignored' ? undefined : { signature, outcome, reason };
  });
  return (await Promise.all(pending)).filter((finding) => finding !== undefined);
}
