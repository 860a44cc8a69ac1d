import { type LuaTable, type LuaValue, plainText, runtimeError, typeName } from '../../lua/index.ts';
import { pairs } from '../tables.ts';
import {
  Choice,
  Grammar,
  LookAhead,
  LookBehind,
  type Pattern,
  Repetition,
  Rule,
  RuleCall,
  Sequence,
} from './pattern.ts';

/**
 * A grammar of a table of rules (LPeg: lptree.c:newgrammar).
 * @param toPattern what a rule's value means
 */
export function makeGrammar(table: LuaTable, toPattern: (value: LuaValue) => Pattern | undefined): Grammar {
  const first = table.get(1);
  if (first === undefined) throw runtimeError('grammar has no initial rule');
  const rules = new Map<LuaValue, Rule>();
  for (const [name, value] of pairs(table)) {
    const named = name === 1 && toName(first) ? undefined : toPattern(value);
    if (name === 1 && toName(first)) continue;
    if (named === undefined) throw runtimeError(`rule '${plainText(name)}' is not a pattern`);
    rules.set(name, new Rule(name, named));
  }
  const start = rules.get(toName(first) ? first : 1);
  if (start === undefined) throw runtimeError('grammar has no initial rule');
  for (const { body } of rules.values()) link(body, rules, new Set());
  for (const rule of rules.values()) checkRecursion(rule);
  return new Grammar(start, [...rules.values()]);
}

/** Names of rules are strings or numbers; anything else is the rule itself. */
const toName = (value: LuaValue): boolean => typeName(value) === 'string' || typeName(value) === 'number';

function link(pattern: Pattern, rules: ReadonlyMap<LuaValue, Rule>, seen: Set<Pattern>): void {
  if (seen.has(pattern)) return;
  seen.add(pattern);
  if (pattern instanceof RuleCall) {
    const rule = rules.get(pattern.name);
    if (rule === undefined) throw runtimeError(`rule '${plainText(pattern.name)}' undefined in given grammar`);
    pattern.rule = rule;
  }
  if (!(pattern instanceof Grammar)) for (const part of pattern.parts) link(part, rules, seen);
}

/** Follows what a rule may do before it consumes anything. */
function checkRecursion(rule: Rule): void {
  const walk = (pattern: Pattern, path: readonly Rule[]): boolean => {
    if (pattern instanceof RuleCall && pattern.rule !== undefined) {
      if (pattern.rule === rule) throw runtimeError(`rule '${plainText(rule.name)}' may be left recursive`);
      if (path.includes(pattern.rule)) return false;
      return walk(pattern.rule.body, [...path, pattern.rule]);
    }
    if (pattern instanceof Sequence) return pattern.parts.every((part) => walk(part, path));
    if (pattern instanceof Choice) return pattern.parts.map((part) => walk(part, path)).some((one) => one);
    for (const part of pattern.parts) {
      const canBeEmpty = walk(part, path);
      const isOne = pattern.parts.length === 1;
      if (isOne && !(pattern instanceof Repetition || pattern instanceof LookAhead || pattern instanceof LookBehind)) {
        return canBeEmpty;
      }
    }
    return pattern.isNullable;
  };
  walk(rule.body, [rule]);
}
