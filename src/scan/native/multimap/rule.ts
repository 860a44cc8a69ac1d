import type { UclObject } from '../../../ucl/index.ts';
import { evaluate, parseExpression } from '../../expression/index.ts';
import { toText } from '../../message/index.ts';
import { priorities, type Rule, type SymbolSpec } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { ipBytes, reversedIp } from '../ip.ts';
import { nameAt } from './condition.ts';
import { readEntry } from './entry.ts';
import { type MultimapRule, type MultimapWorld, readRules, type Search } from './settings.ts';

export type { MultimapWorld } from './settings.ts';

/** The operator's maps as rules, one for each symbol (rspamd: src/plugins/lua/multimap.lua). */
export function multimapRules(section: UclObject | undefined, world: MultimapWorld): readonly Rule[] {
  const bySymbol = new Map<string, MultimapRule[]>();
  for (const rule of readRules(section, world)) {
    const others = bySymbol.get(rule.symbol);
    if (others === undefined) bySymbol.set(rule.symbol, [rule]);
    else others.push(rule);
  }
  // Of rules whose entries name the same symbol the first has it.
  const taken = new Set(bySymbol.keys());
  return [...bySymbol].map(([symbol, rules]) => ruleOf(symbol, rules, taken));
}

function ruleOf(symbol: string, rules: readonly MultimapRule[], taken: Set<string>): Rule {
  const symbols: Record<string, SymbolSpec> = {};
  for (const rule of rules) {
    symbols[symbol] ??= specOf(rule);
    for (const name of rule.symbols ?? []) {
      if (taken.has(name)) continue;
      taken.add(name);
      symbols[name] = { groups: rule.groups, score: rule.score ?? 0 };
    }
  }
  const checks = rules.map(checkOf);
  return {
    name: symbol,
    stage: 'filter',
    // What may end the scan comes first.
    priority: rules.some(({ action }) => action !== undefined) ? priorities.high : priorities.low,
    after: rules.flatMap(({ condition, target, needsOwner }) => [
      ...(condition === undefined ? [] : parseExpression(condition, nameAt).atoms.map(({ atom }) => atom)),
      ...(target === undefined ? [] : [target]),
      ...(needsOwner ? ['ASN_CHECK'] : []),
    ]),
    symbols,
    run: async (task) => {
      await Promise.all(checks.map((check) => check(task)));
    },
  };
}

function specOf({ score, description, groups, shots }: MultimapRule): SymbolSpec {
  return {
    groups,
    ...(score === undefined ? {} : { score }),
    ...(description === undefined ? {} : { description }),
    ...(shots === undefined ? {} : { shots }),
  };
}

function checkOf(rule: MultimapRule): (task: Task) => Promise<void> {
  const { condition, search } = rule;
  const needed = condition === undefined ? undefined : parseExpression(condition, nameAt);
  return async (task) => {
    if (needed !== undefined && evaluate(needed, (name) => (task.results.symbols.has(name) ? 1 : 0), false) === 0)
      return;
    switch (search.kind) {
      case 'map':
        return await lookUp(rule, search, task);
      case 'combined':
        for (const { part, key, entries } of await search.run(task))
          for (const entry of entries) insert(rule, entry, [`${part}=${key}`], task);
        return;
      case 'dnsbl':
        return await askZone(rule, search.zone, task);
    }
  };
}

async function lookUp(
  rule: MultimapRule,
  { values, find, showsValue }: Search & { kind: 'map' },
  task: Task,
): Promise<void> {
  for (const keys of values(task)) {
    for (const key of keys) {
      const found = find(key, task);
      const entries = Array.isArray(found) ? found : await found;
      for (const entry of entries) insert(rule, entry, showsValue ? keys : [], task);
    }
  }
}

async function askZone(rule: MultimapRule, zone: string, task: Task): Promise<void> {
  const bytes = task.ip === undefined ? undefined : ipBytes(task.ip);
  if (bytes === undefined) return;
  const { records } = await task.dns.query(`${reversedIp(bytes)}.${zone}`, 'A');
  if (records.length === 0) return;
  task.insert(rule.symbol, 1, [zone]);
  act({ ...rule, message: undefined }, task);
}

/** @param shown what was found, bytes */
function insert(rule: MultimapRule, entry: string, shown: readonly string[], task: Task): void {
  const { symbol, score, options } = readEntry(entry);
  const told = (options.length > 0 ? options : shown).map(toText);
  if (symbol === undefined) task.insert(rule.symbol, score, told);
  else if (rule.symbols !== undefined) task.insert(rule.symbols.includes(symbol) ? symbol : rule.symbol, score, told);
  else if (rule.singleSymbol) task.insert(rule.symbol, score, options.length > 0 ? told : [...told, toText(entry)]);
  // Nobody knew of it before.
  else task.insert(symbol, score, told, rule.dynamicSymbols ? (rule.score ?? 1) : 1);
  act(rule, task);
}

function act({ action, message, symbol }: MultimapRule, task: Task): void {
  if (action === undefined) return;
  task.passthrough({ action, module: 'multimap', message: message ?? `Matched map: ${symbol}` });
}
