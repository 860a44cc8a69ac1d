import { nearest, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';
import type { Findings } from './finding.ts';
import { head, lookup, walk } from './lookup.ts';
import { actionsTable } from './tables/actions.ts';

/** Actions of the program by every name they have (rspamd: src/libserver/cfg_utils.cxx:action_types). */
const standardNames = {
  reject: 'reject',
  'soft reject': 'soft reject',
  soft_reject: 'soft reject',
  'rewrite subject': 'rewrite subject',
  rewrite_subject: 'rewrite subject',
  'add header': 'add header',
  add_header: 'add header',
  greylist: 'greylist',
  'no action': 'no action',
  no_action: 'no action',
  accept: 'no action',
  discard: 'discard',
  quarantine: 'quarantine',
} as const;

export type StandardAction = (typeof standardNames)[keyof typeof standardNames];

export interface Action {
  /** As in results: `add header`, not `add_header`. */
  readonly name: string;
  /** What it amounts to; `custom` for the operator's own. */
  readonly type: StandardAction | 'custom';
  /** Score from which it is taken; undefined where scores do not lead to it. */
  readonly threshold: number | undefined;
  /** Only other rules lead to it, never a score. */
  readonly noThreshold: boolean;
  /** Only a score leads to it. */
  readonly thresholdOnly: boolean;
  /** Counts as ham in statistics. */
  readonly ham: boolean;
  readonly priority: number;
}

const bare = { threshold: undefined, noThreshold: false, thresholdOnly: false, ham: false, priority: 0 };

/**
 * What is registered before the configuration is read (rspamd: src/libserver/cfg_utils.cxx:rspamd_config_new). `discard`
 * and `quarantine` are known by name but not registered: a verdict can name them when the `actions` section does.
 */
const initial: readonly Action[] = [
  { ...bare, name: 'reject', type: 'reject' },
  { ...bare, name: 'soft reject', type: 'soft reject', noThreshold: true, ham: true },
  { ...bare, name: 'rewrite subject', type: 'rewrite subject' },
  { ...bare, name: 'add header', type: 'add header' },
  { ...bare, name: 'greylist', type: 'greylist', thresholdOnly: true, ham: true },
  { ...bare, name: 'no action', type: 'no action', ham: true },
];

const standardTypes: ReadonlyMap<string, StandardAction> = new Map(Object.entries(standardNames));
/** The name of an action in results: `add header` for `add_header`, one of the operator's own as it is. */
export function actionName(written: string): string {
  return standardTypes.get(written) ?? written;
}

const notActions: ReadonlySet<string> = new Set(Object.keys(actionsTable.options));

/**
 * All actions after the `actions` sections were applied in their order; a value of lower priority than the one there
 * changes nothing (rspamd: src/libserver/cfg_utils.cxx:rspamd_config_set_action_score).
 */
export function readActions(sections: readonly UclObject[], findings: Findings): Action[] {
  const actions = new Map(initial.map((action) => [action.name, action]));
  for (const section of sections) {
    for (const entry of section.entries.values()) {
      if (!notActions.has(entry.key)) applyAction(actions, entry, findings);
    }
  }
  lowerNoAction(actions, sections);
  reportOrder(actions, sections, findings);
  return [...actions.values()];
}

function applyAction(actions: Map<string, Action>, entry: UclEntry, findings: Findings): void {
  const value = head(entry.value);
  const name = standardTypes.get(entry.key) ?? entry.key;
  const known = actions.get(name);
  const priority = priorityOf(value);
  if (known !== undefined && priority < known.priority) return;
  if (value.type === 'null') {
    if (known !== undefined) actions.set(name, { ...known, threshold: undefined, noThreshold: true, priority });
    return;
  }
  if (!standardTypes.has(entry.key) && lookupFlags(value) === undefined) {
    const close = nearest(entry.key, [...standardTypes.keys(), ...notActions]);
    findings.warn(
      `unknown element in actions section: ${entry.key}`,
      entry.at,
      close === undefined ? 'an action of your own has flags, for instance flags = []' : `did you mean ${close}?`,
    );
  }
  const definition = defineAction(entry, value, findings);
  if (definition !== undefined) actions.set(name, { name, ...definition, priority });
}

function priorityOf(value: UclValue): number {
  const own = value.type === 'object' ? lookup(value, 'priority') : undefined;
  return own?.type === 'int' ? Number(own.value) : value.priority;
}

function lookupFlags(value: UclValue): UclValue | undefined {
  return value.type === 'object' ? lookup(value, 'flags') : undefined;
}

type Definition = Omit<Action, 'name' | 'priority'>;

function defineAction(entry: UclEntry, value: UclValue, findings: Findings): Definition | undefined {
  const type: Action['type'] = standardTypes.get(entry.key) ?? 'custom';
  const plain = { noThreshold: false, thresholdOnly: false, ham: false, type };
  if (value.type === 'int' || value.type === 'float') {
    return { ...plain, threshold: Number(value.value) };
  }
  if (value.type !== 'object') {
    findings.warn(
      `action ${entry.key} has no effect: its score must be a number`,
      value.at,
      'write the score without quotes, or null to switch it off',
    );
    return undefined;
  }
  const score = lookup(value, 'score') ?? lookup(value, 'threshold');
  const threshold = score?.type === 'int' || score?.type === 'float' ? Number(score.value) : undefined;
  const flags = readFlags(lookupFlags(value), findings);
  if (threshold === undefined && !flags.noThreshold) {
    findings.error(
      `invalid action definition for: '${entry.key}'`,
      entry.at,
      'give it a score, or flags = ["no_threshold"]',
    );
    return undefined;
  }
  return { ...plain, ...flags, threshold, type: milterType(value, findings) ?? type };
}

function readFlags(
  value: UclValue | undefined,
  findings: Findings,
): Pick<Action, 'noThreshold' | 'thresholdOnly' | 'ham'> {
  const flags = { noThreshold: false, thresholdOnly: false, ham: false };
  if (value?.type !== 'array') return flags;
  for (const item of walk(value)) {
    const word = item.type === 'string' ? item.value.toLowerCase() : '';
    if (word === 'no_threshold') flags.noThreshold = true;
    else if (word === 'threshold_only') flags.thresholdOnly = true;
    else if (word === 'ham') flags.ham = true;
    else findings.warn(`unknown action flag: ${word}`, item.at, 'flags are no_threshold, threshold_only and ham');
  }
  return flags;
}

function milterType(value: UclObject, findings: Findings): 'discard' | 'quarantine' | undefined {
  const milter = lookup(value, 'milter');
  if (milter?.type !== 'string') return undefined;
  if (milter.value === 'discard' || milter.value === 'quarantine') return milter.value;
  findings.warn(`unknown milter action: ${milter.value}`, milter.at, 'it is discard or quarantine');
  return undefined;
}

/** In the order in which their scores should rise (rspamd: lualib/lua_cfg_transform.lua); greylist may stand anywhere. */
const rising = ['no_action', 'add_header', 'rewrite_subject', 'quarantine', 'reject', 'discard'] as const;
const mayBeNegative = [
  'greylist',
  'add header',
  'add_header',
  'rewrite subject',
  'rewrite_subject',
  'quarantine',
  'reject',
  'discard',
];

/** An action below zero pushes `no action` below itself, unless the operator set that (lua_cfg_transform.lua). */
function lowerNoAction(actions: Map<string, Action>, sections: readonly UclObject[]): void {
  const given = (key: string) => sections.some((section) => section.entries.has(key));
  if (['no action', 'no_action', 'accept'].some(given)) return;
  const negative = mayBeNegative
    .filter(given)
    .map((key) => actions.get(standardTypes.get(key) ?? key)?.threshold)
    .find((threshold) => threshold !== undefined && threshold < 0);
  const noAction = actions.get('no action');
  if (negative !== undefined && noAction !== undefined) {
    actions.set('no action', { ...noAction, threshold: negative - 0.001 });
  }
}

function reportOrder(actions: ReadonlyMap<string, Action>, sections: readonly UclObject[], findings: Findings): void {
  const set = rising.flatMap((key) => {
    const entry = sections.map((section) => section.entries.get(key)).find((one) => one !== undefined);
    const score = actions.get(standardNames[key])?.threshold;
    return entry === undefined || score === undefined ? [] : [{ key, score, at: entry.at }];
  });
  set.forEach((lower, index) => {
    for (const higher of set.slice(index + 1)) {
      if (higher.score > lower.score) continue;
      findings.warn(
        `invalid actions thresholds order: action ${lower.key} (${lower.score}) must have lower score than action ${higher.key} (${higher.score})`,
        higher.at,
      );
    }
  });
}
