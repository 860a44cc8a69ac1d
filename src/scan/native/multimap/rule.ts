import type { UclObject } from '../../../ucl/index.ts';
import { evaluate, parseExpression } from '../../expression/index.ts';
import { priorities, type Rule, type SymbolSpec } from '../../rule.ts';
import type { Task } from '../../task.ts';
import type { MapReader } from '../maps.ts';
import { symbolAt } from './condition.ts';
import { type MultimapRule, readRules } from './settings.ts';

/** The operator's maps as rules, one for each symbol (rspamd: src/plugins/lua/multimap.lua). */
export function multimapRules(
  section: UclObject | undefined,
  maps: MapReader,
  problem: (text: string) => void,
): readonly Rule[] {
  const bySymbol = new Map<string, MultimapRule[]>();
  for (const rule of readRules(section, maps, problem)) {
    const others = bySymbol.get(rule.symbol);
    if (others === undefined) bySymbol.set(rule.symbol, [rule]);
    else others.push(rule);
  }
  return [...bySymbol].map(([symbol, rules]) => ruleOf(symbol, rules));
}

function ruleOf(symbol: string, rules: readonly MultimapRule[]): Rule {
  const isPrefilter = rules.some((rule) => rule.isPrefilter);
  const symbols: Record<string, SymbolSpec> = {};
  for (const rule of rules)
    for (const name of [symbol, ...rule.symbols])
      symbols[name] ??= name === symbol ? specOf(rule) : { groups: rule.groups };
  const checks = rules.map(checkOf);
  return {
    name: symbol,
    stage: isPrefilter ? 'prefilter' : 'filter',
    priority: isPrefilter ? priorities.medium : priorities.low,
    after: rules.flatMap(({ condition, target }) => [
      ...(condition?.match(/\w+/g) ?? []),
      ...(target === undefined ? [] : [target]),
    ]),
    symbols,
    run: (task) => {
      for (const check of checks) check(task, symbols);
    },
  };
}

function specOf({ score, description, groups, oneShot }: MultimapRule): SymbolSpec {
  return {
    groups,
    ...(score === undefined ? {} : { score }),
    ...(description === undefined ? {} : { description }),
    ...(oneShot ? { oneShot } : {}),
  };
}

function checkOf(rule: MultimapRule): (task: Task, symbols: Readonly<Record<string, SymbolSpec>>) => void {
  const { symbol, condition, values, find, action, showsValue } = rule;
  const needed = condition === undefined ? undefined : parseExpression(condition, symbolAt);
  return (task, symbols) => {
    if (needed !== undefined && evaluate(needed, (name) => (task.results.symbols.has(name) ? 1 : 0), false) === 0)
      return;
    for (const value of new Set(values(task))) {
      const entry = find(value);
      if (entry === undefined) continue;
      const { named, score, options } = readEntry(entry);
      const known = named !== undefined && symbols[named] !== undefined;
      const shown = options ?? [...(showsValue ? [value] : []), ...(named === undefined || known ? [] : [entry])];
      task.insert(known ? named : symbol, score, shown);
      if (action !== undefined)
        task.passthrough({ action, module: 'multimap', message: rule.message ?? `Matched map: ${symbol}` });
    }
  };
}

/** An entry may say more: `SYMBOL:score:option,option`, `SYMBOL:score`, a score or a symbol. */
function readEntry(entry: string): { named?: string; score: number; options?: readonly string[] } {
  if (/^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/.test(entry)) return { score: Number(entry) };
  const [, named, score, options] = /^(\w+)(?::([+-]?\d+(?:\.\d+)?))?(?::([\w,]+))?$/.exec(entry) ?? [];
  if (named === undefined) return { score: 1 };
  return { named, score: Number(score ?? 1), ...(options === undefined ? {} : { options: options.split(',') }) };
}
