import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { type Task, TaskKey } from '../../task.ts';
import { evaluateSpf, type SpfLimits, type SpfOutcome, type SpfQuery } from './evaluate.ts';

export interface SpfSettings extends SpfLimits {
  readonly checkLocal: boolean;
  readonly checkAuthenticated: boolean;
  /** Clients that are not checked. */
  readonly whitelist: (ip: string) => boolean;
  /** Relays of ours that speak for their clients: the hop before them is the client. */
  readonly externalRelay: ((ip: string) => boolean) | undefined;
  readonly symbols: Readonly<Record<SpfOutcome, string>>;
}

/** rspamd: src/plugins/lua/spf.lua */
export const stockSpfSettings: SpfSettings = {
  maxNesting: 10,
  maxRequests: 30,
  maxExpansions: 100,
  noIp6: false,
  checkLocal: false,
  checkAuthenticated: false,
  whitelist: () => false,
  externalRelay: undefined,
  symbols: {
    pass: 'R_SPF_ALLOW',
    fail: 'R_SPF_FAIL',
    softfail: 'R_SPF_SOFTFAIL',
    neutral: 'R_SPF_NEUTRAL',
    none: 'R_SPF_NA',
    temperror: 'R_SPF_DNSFAIL',
    permerror: 'R_SPF_PERMFAIL',
    plusall: 'R_SPF_PLUSALL',
  },
};

/** What SPF said of the client, for rules that build on it. */
export interface SpfFinding {
  readonly outcome: SpfOutcome;
  /** Whose policy it is; undefined where there was nobody to ask. */
  readonly domain: string | undefined;
}

export const spfFinding = new TaskKey<SpfFinding>('spf');

const scores: Readonly<Record<SpfOutcome, number>> = {
  pass: -0.2,
  fail: 1,
  softfail: 0,
  neutral: 0,
  none: 0,
  temperror: 0,
  permerror: 0,
  plusall: 4,
};

const descriptions: Readonly<Record<SpfOutcome, string>> = {
  pass: 'SPF: the client may send for the domain',
  fail: 'SPF: the client may not send for the domain',
  softfail: 'SPF: the client should not send for the domain',
  neutral: 'SPF: the domain says nothing of the client',
  none: 'SPF: the domain has no record',
  temperror: 'SPF: the record could not be looked up',
  permerror: 'SPF: the record makes no sense',
  plusall: 'SPF: the record lets anybody send',
};

/** Sender Policy Framework (rspamd: src/plugins/lua/spf.lua). */
export function spfRule(settings: SpfSettings = stockSpfSettings): Rule {
  const outcomes = Object.keys(settings.symbols) as SpfOutcome[];
  return {
    name: 'SPF_CHECK',
    stage: 'filter',
    flags: ['fine', 'empty'],
    symbols: Object.fromEntries(
      outcomes.map((outcome) => [
        settings.symbols[outcome],
        {
          score: scores[outcome],
          description: descriptions[outcome],
          groups: ['policies', 'spf'],
          ...(outcome === 'none' ? { oneShot: true } : {}),
        },
      ]),
    ),
    run: async (task) => {
      const ip = clientIp(task, settings);
      if (ip === undefined) {
        // Those that build on it need not wait for what nobody can tell.
        task.set(spfFinding, { outcome: 'none', domain: undefined });
        return;
      }
      if (settings.whitelist(ip)) return;
      if (
        (!settings.checkLocal && task.isLocalAddress(ip)) ||
        (!settings.checkAuthenticated && task.user !== undefined)
      )
        return;
      const query = queryOf(task, ip);
      const { outcome, text } =
        query === undefined
          ? { outcome: 'none' as const, text: 'No domain' }
          : await evaluateSpf(query, settings, task.dns);
      task.set(spfFinding, { outcome, domain: query?.domain });
      task.insert(settings.symbols[outcome], 1, [toText(text)]);
    },
  };
}

function clientIp(task: Task, { externalRelay }: SpfSettings): string | undefined {
  if (externalRelay === undefined) return task.ip;
  const at = task.received.findIndex(({ realIp }) => realIp !== undefined && externalRelay(realIp));
  return (at < 0 ? undefined : task.received[at + 1]?.realIp) ?? task.ip;
}

/** MAIL FROM as it came, else what the client calls itself (rspamd: src/libserver/spf.c:rspamd_spf_cache_domain). */
function queryOf({ original, envelope }: Task, ip: string): SpfQuery | undefined {
  const { sender } = original;
  const { helo } = envelope;
  if (sender !== undefined && sender.addr !== '')
    return { domain: sender.domain, localPart: sender.user, sender: sender.addr, helo, ip };
  if (helo === undefined || helo === '' || helo.startsWith('[')) return undefined;
  return { domain: helo, localPart: 'postmaster', sender: `postmaster@${helo}`, helo, ip };
}
