import { bytes, first, loadText, type UclObject, type UclValue } from '../../ucl/index.ts';
import { evaluate, parseExpression } from '../expression/index.ts';
import type { Metric } from '../metric.ts';
import { priorities, type Rule, type RuleRegistry } from '../rule.ts';
import { type Task, TaskKey } from '../task.ts';
import { type Conditions, findCondition, readConditions } from './conditions.ts';
import { member, pairs, readSettings, type SettingsTarget, type TaskSettings, text } from './settings.ts';
import type { Question, SettingsWorld } from './world.ts';

/** What switches rules on and off for one task. */
export interface RuleSwitch {
  disable(rule: Rule): void;
  enable(rule: Rule): void;
}

/** That of a task. */
export const ruleSwitch = new TaskKey<RuleSwitch>('rule switch');

/** Whether settings let a symbol be inserted that no rule has (a composite); undefined where all may be. */
export const allowedSymbol = new TaskKey<(symbol: string) => boolean>('allowed symbol');

interface SettingsRule {
  readonly name: string;
  readonly id: string | undefined;
  readonly priority: number;
  /** Undefined for a rule that only its id calls. */
  readonly matches: ((task: Task) => boolean) | undefined;
  readonly settings: TaskSettings | undefined;
  /** Asks a server for what is applied; undefined where the rule says it itself. */
  readonly ask: ((task: Task) => Promise<TaskSettings | undefined>) | undefined;
  /** Symbols that a message gets beside what is applied. */
  readonly symbols: readonly string[];
}

/** The `settings` section: which messages are treated in another way (rspamd: src/plugins/lua/settings.lua). */
export class SettingsBook {
  readonly #rules: () => readonly SettingsRule[];

  /** @param world is told of rules that cannot be used */
  constructor(tree: UclObject, world: SettingsWorld) {
    const section = first(tree.entries.get('settings')?.value);
    if (section?.type === 'string') {
      this.#rules = rulesOfMap(section, world);
      return;
    }
    const rules = readRules(section, world, (text, at) => world.findings.warn(text, at.at));
    this.#rules = () => rules;
    const redis = tree.entries.get('settings_redis');
    if (redis !== undefined)
      world.findings.warn('section settings_redis has no effect: its handlers are functions of Lua', redis.at);
  }

  /** The rule that applies them, after aliases were resolved and before all else. */
  rule(registry: RuleRegistry, metric: () => Metric): Rule {
    return {
      name: 'SETTINGS_CHECK',
      stage: 'prefilter',
      priority: priorities.top,
      symbols: {},
      flags: ['empty', 'nostat', 'explicitDisable', 'ignorePassthrough'],
      run: (task) => {
        const use = (settings: TaskSettings | undefined): void => {
          if (settings !== undefined) apply(task, settings, registry, metric());
        };
        const found = this.#find(task);
        // Without a server to ask nothing waits: rules that come next start even if the message is to be skipped.
        return found instanceof Promise ? found.then(use) : use(found);
      },
    };
  }

  #find(task: Task): TaskSettings | undefined | Promise<TaskSettings | undefined> {
    const id = task.headers.get('Settings-Id');
    const rules = this.#rules();
    const asked = fromRequest(task) ?? byId(rules, id, limitsOfRequest(task));
    if (asked !== undefined && asked.priority > (rules[0]?.priority ?? 0)) return asked.settings;
    const named = asked === undefined && id !== undefined ? rules.find((rule) => rule.id === id)?.ask : undefined;
    if (named !== undefined) return named(task);
    for (const rule of rules) {
      if (asked !== undefined && rule.priority <= asked.priority) break;
      if (rule.matches?.(task) !== true) continue;
      if (rule.ask !== undefined && asked === undefined) return rule.ask(task);
      for (const symbol of rule.symbols) task.insert(symbol);
      if (rule.settings !== undefined) return rule.settings;
    }
    return asked?.settings;
  }
}

function byId(
  rules: readonly SettingsRule[],
  id: string | undefined,
  limits: UclObject | undefined,
): Asked | undefined {
  const rule = id === undefined ? undefined : rules.find((one) => one.id === id);
  if (rule?.settings === undefined) return limits && { settings: readSettings(limits), priority: 1 };
  const own = limits === undefined ? undefined : readSettings(limits);
  const actions = new Map([...(own?.actions ?? []), ...rule.settings.actions]);
  return { settings: { ...rule.settings, actions }, priority: rule.priority };
}

/** The first ones first. @param problem is told of those that cannot be used */
function readRules(
  section: UclValue | undefined,
  world: SettingsWorld,
  problem: (text: string, at: UclValue) => void,
): readonly SettingsRule[] {
  const rules = pairs(section).flatMap(([name, body]) => {
    if (body.type !== 'object') return [];
    try {
      return [readRule(name, body, world)];
    } catch (cause) {
      problem(`settings rule ${name} is not used: ${bytes((cause as Error).message)}`, body);
      return [];
    }
  });
  return rules.sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
}

/** Rules that come from a file or a server; they have no ids. */
function rulesOfMap(source: UclValue, world: SettingsWorld): () => readonly SettingsRule[] {
  return world.whole(source, (lines) => {
    const { root, diagnostics } = loadText(lines.join('\n'), { flags: safe });
    if (root === undefined) {
      world.log(`the map of settings cannot be read: ${diagnostics[0]?.message ?? 'it is no UCL'}`);
      return [];
    }
    const inner = member(root, 'settings');
    const section = inner?.type === 'object' ? inner : root;
    return readRules(section, world, (text) => world.log(text)).map((rule) => ({ ...rule, id: undefined }));
  });
}

function apply(task: Task, settings: TaskSettings, registry: RuleRegistry, metric: Metric): void {
  task.settings = settings;
  task.results.apply(settings);
  if (settings.whitelist) task.flag('skip');
  for (const flag of settings.flags) task.flagByName(flag);
  for (const { name, score, options } of settings.symbols) task.insert(name, score, options);
  for (const [category, message] of settings.messages) task.reply.messages.set(category, message);
  const isOff = switchOff(settings, registry, metric, task.get(ruleSwitch));
  task.set(allowedSymbol, (symbol) => !isOff(symbol));
  // Settings that have an id are worked out beforehand, symbol by symbol.
  if (settings.id !== undefined) task.results.restrict((symbol) => !isOff(symbol));
}

interface Asked {
  readonly settings: TaskSettings;
  readonly priority: number;
}

function readRule(name: string, body: UclObject, world: SettingsWorld): SettingsRule {
  const conditions = readConditions(body, world);
  const id = text(member(body, 'id'));
  const isDisabled = member(body, 'disabled') !== undefined;
  const apply = member(body, 'apply');
  const whitelist = member(body, 'whitelist') !== undefined || member(body, 'want_spam') !== undefined;
  const external = member(body, 'external_map');
  const object = external !== undefined ? undefined : whitelist ? body : apply?.type === 'object' ? apply : undefined;
  return {
    name,
    id: id ?? name,
    priority: priorityOf(body),
    matches: matcherOf(body, conditions, external !== undefined && !isDisabled),
    settings:
      object === undefined
        ? undefined
        : { ...readSettings(object, id), whitelist: whitelist || readSettings(object).whitelist },
    ask: external === undefined ? undefined : readExternal(name, external, world),
    symbols: wordsOf(body, 'symbols'),
  };
}

/** `external_map { map { … } selector = "…"; }` */
function readExternal(
  name: string,
  section: UclValue,
  world: SettingsWorld,
): (task: Task) => Promise<TaskSettings | undefined> {
  const map = section.type === 'object' ? member(section, 'map') : undefined;
  const selector = section.type === 'object' ? text(member(section, 'selector')) : undefined;
  if (map?.type !== 'object' || selector === undefined) throw new Error('its external_map needs a map and a selector');
  const server = world.external(map);
  if (server === undefined) throw new Error('its external_map cannot be used');
  const pairsOfTask: (task: Task) => Question | undefined = world.pairs(selector);
  return async (task) => {
    const question = pairsOfTask(task);
    const answer = question === undefined ? undefined : await server.find(question);
    if (answer === undefined) return undefined;
    const { root } = loadText(answer, { flags: safe });
    if (root === undefined) world.log(`settings rule ${name}: what its external map answers cannot be read`);
    return root === undefined ? undefined : readSettings(root);
  };
}

function wordsOf(body: UclObject, key: string): string[] {
  const value = member(body, key);
  return value?.type === 'array' ? value.items.flatMap((one) => text(one) ?? []) : [text(value) ?? []].flat();
}

function priorityOf(body: UclObject): number {
  const value = member(body, 'priority');
  if (value?.type === 'int' || value?.type === 'float') return Number(value.value);
  const word = text(value);
  return word === 'high' ? 3 : word === 'medium' ? 2 : 1;
}

/** @param isUsual a rule without conditions matches always; others are called by their id */
function matcherOf(body: UclObject, conditions: Conditions, isUsual: boolean): ((task: Task) => boolean) | undefined {
  const given = text(member(body, 'expression'));
  if (conditions.size === 0) return isUsual ? () => true : undefined;
  if (given === undefined) {
    const all = [...conditions.values()];
    const inverse = member(body, 'inverse');
    return inverse === undefined || (inverse.type === 'boolean' && !inverse.value)
      ? (task) => all.every((holds) => holds(task))
      : (task) => all.some((holds) => !holds(task));
  }
  const expression = parseExpression(given, (source, at) => {
    const name = /^[^ \t\n()!&|<>]+/.exec(source.slice(at))?.[0] ?? '';
    const condition = findCondition(conditions, name);
    if (condition === undefined)
      throw new Error(`expression names ${JSON.stringify(name)}, which is no condition of the rule`);
    return { atom: condition, length: name.length };
  });
  return (task) => evaluate(expression, (holds) => (holds(task) ? 1 : 0), false) > 0;
}

/** Nothing in a request makes us open a file. */
const safe = { macros: false, timeSuffixes: false, implicitArrays: false, fileVariables: false } as const;

function fromRequest(task: Task): Asked | undefined {
  const given = task.headers.get('Settings');
  if (given === undefined) return undefined;
  const { root } = loadText(given, { flags: safe });
  return root === undefined ? undefined : { settings: readSettings(root), priority: 1 };
}

/** Headers `Maxscore` and `Softscore` as settings. */
function limitsOfRequest(task: Task): UclObject | undefined {
  const reject = numberIn(task.headers.get('Maxscore'));
  if (reject === undefined) return undefined;
  const soft = numberIn(task.headers.get('Softscore'));
  const actions = [`reject = ${reject};`, ...(soft === undefined ? [] : [`"add header" = ${soft};`])];
  return loadText(`actions { ${actions.join(' ')} }`, { flags: safe }).root;
}

function numberIn(given: string | undefined): number | undefined {
  return given !== undefined && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/.test(given) ? Number(given) : undefined;
}

/** rspamd: src/libserver/symcache/symcache_runtime.cxx:process_settings. @returns what composites are off */
function switchOff(
  { enabled, implicitAllow, disabled }: TaskSettings,
  registry: RuleRegistry,
  { symbols }: Metric,
  rules: RuleSwitch | undefined,
): (symbol: string) => boolean {
  const namesOf = ({ kind, name }: SettingsTarget): readonly string[] =>
    kind === 'symbol'
      ? [name]
      : [...symbols.values()]
          .filter(({ groups }) => groups.some((group) => group.name === name))
          .map((one) => one.name);
  const onlyEnabled = enabled !== undefined && !implicitAllow;
  const on = new Set((enabled ?? []).flatMap(namesOf));
  const off = new Set(disabled.flatMap(namesOf));
  if (onlyEnabled)
    for (const rule of registry.rules) if (rule.flags?.includes('explicitDisable') !== true) rules?.disable(rule);
  for (const name of on) {
    const rule = registry.ruleOf(name);
    if (rule !== undefined) rules?.enable(rule);
  }
  for (const name of off) {
    const rule = registry.ruleOf(name);
    if (rule !== undefined) rules?.disable(rule);
  }
  return (symbol) => off.has(symbol) || (onlyEnabled && !on.has(symbol));
}
