import { first, items, type UclObject, type UclValue } from '../../ucl/index.ts';

/** What applies to one message in place of the configuration (`apply` of a settings rule, header `Settings`). */
export interface TaskSettings {
  /** Of the rule that it comes from. */
  readonly id: string | undefined;
  /** Weights in place of the configured ones. */
  readonly scores: ReadonlyMap<string, number>;
  /** Thresholds in place of the configured ones; `null` switches an action off. */
  readonly actions: ReadonlyMap<string, number | null>;
  /** The message is not looked at any further. */
  readonly whitelist: boolean;
  /** Only these run; undefined where all do. */
  readonly enabled: readonly SettingsTarget[] | undefined;
  /** The enabled ones run beside all others. */
  readonly implicitAllow: boolean;
  readonly disabled: readonly SettingsTarget[];
  /** Symbols that the message gets. */
  readonly symbols: readonly { readonly name: string; readonly score: number; readonly options: readonly string[] }[];
  /** Template of a rewritten subject. */
  readonly subject: string | undefined;
  readonly flags: readonly string[];
  readonly messages: ReadonlyMap<string, string>;
  /** The whole, for what only a module knows (`plugins`, `add_headers` …). */
  readonly object: UclObject;
}

/** A rule or symbol, or all symbols of a group. */
export interface SettingsTarget {
  readonly kind: 'symbol' | 'group';
  readonly name: string;
}

/** Other spellings of actions (rspamd: src/libserver/cfg_utils.cxx:action_types). */
const actionNames = new Map([
  ['soft_reject', 'soft reject'],
  ['rewrite_subject', 'rewrite subject'],
  ['add_header', 'add header'],
  ['no_action', 'no action'],
  ['accept', 'no action'],
]);

/**
 * Reads what is to be applied (rspamd: src/plugins/lua/settings.lua, lualib/lua_settings.lua).
 * @param object the body of `apply`, or of a `Settings` header
 */
export function readSettings(object: UclObject, id?: string): TaskSettings {
  const inner = member(object, 'default');
  const body = inner?.type === 'object' ? inner : object;
  const enabled = readTargets(body, 'symbols_enabled', 'groups_enabled');
  return {
    id,
    scores: new Map([...numbers(member(body, 'scores')), ...numbers(member(body, 'symbols_enabled'))]),
    actions: readActions(member(body, 'actions')),
    whitelist: member(body, 'whitelist') !== undefined,
    enabled: body.entries.has('symbols_enabled') || body.entries.has('groups_enabled') ? enabled : undefined,
    implicitAllow: text(member(body, 'policy'))?.toLowerCase() === 'implicit_allow',
    disabled: readTargets(body, 'symbols_disabled', 'groups_disabled'),
    symbols: readSymbols(member(body, 'symbols')),
    subject: text(member(body, 'subject')),
    flags: words(member(body, 'flags')),
    messages: new Map(
      pairs(member(body, 'messages')).flatMap(([key, value]) => {
        const message = text(value);
        return message === undefined ? [] : [[key, message] as const];
      }),
    ),
    object: body,
  };
}

export function member(object: UclObject, key: string): UclValue | undefined {
  return first(object.entries.get(key)?.value);
}

export function text(value: UclValue | undefined): string | undefined {
  return value?.type === 'string' ? value.value : undefined;
}

function number(value: UclValue | undefined): number | undefined {
  if (value?.type === 'int' || value?.type === 'float') return Number(value.value);
  const given = text(value);
  return given === undefined || given.trim() === '' || Number.isNaN(Number(given)) ? undefined : Number(given);
}

/** The members of an object, of repeated keys the first value. */
export function pairs(value: UclValue | undefined): (readonly [string, UclValue])[] {
  if (value?.type !== 'object') return [];
  return [...value.entries.values()].flatMap((one) => {
    const head = first(one.value);
    return head === undefined ? [] : [[one.key, head] as const];
  });
}

/** A text or a list of them; of an object its keys. */
export function words(value: UclValue | undefined): string[] {
  if (value?.type === 'object') return pairs(value).map(([key]) => key);
  const list = value?.type === 'array' ? value.items : items(value);
  return list.flatMap((one) => text(one) ?? []);
}

function numbers(value: UclValue | undefined): (readonly [string, number])[] {
  return pairs(value).flatMap(([key, one]) => {
    const score = number(one);
    return score === undefined ? [] : [[key, score] as const];
  });
}

function readActions(value: UclValue | undefined): Map<string, number | null> {
  return new Map(
    pairs(value).flatMap(([key, one]): (readonly [string, number | null])[] => {
      const name = actionNames.get(key.toLowerCase()) ?? key;
      if (one.type === 'null') return [[name, null]];
      const limit = number(one);
      return limit === undefined ? [] : [[name, limit]];
    }),
  );
}

function readTargets(body: UclObject, symbols: string, groups: string): SettingsTarget[] {
  return [
    ...words(member(body, symbols)).map((name) => ({ kind: 'symbol' as const, name })),
    ...words(member(body, groups)).map((name) => ({ kind: 'group' as const, name })),
  ];
}

function readSymbols(value: UclValue | undefined): TaskSettings['symbols'] {
  if (value?.type !== 'object') return words(value).map((name) => ({ name, score: 1, options: [] }));
  return pairs(value).flatMap(([name, one]) => {
    if (one.type === 'object')
      return [{ name, score: number(member(one, 'score')) ?? 1, options: words(member(one, 'options')) }];
    const score = number(one);
    return score === undefined ? [] : [{ name, score, options: [] }];
  });
}
