import type { Rule, RuleRegistry, Stage } from './rule.ts';

/** A rule with its place in the order. */
export interface PlannedRule {
  readonly rule: Rule;
  /** That have to be through before. */
  readonly dependencies: readonly Rule[];
}

/** The rules of a scanner by stage, each in the order in which they start. */
export type Plan = Readonly<Record<Stage, readonly PlannedRule[]>>;

const stages: readonly Stage[] = ['connfilter', 'prefilter', 'filter', 'classifier', 'postfilter', 'idempotent'];

/**
 * Puts rules in order: those without dependencies first, then by priority, then as they were registered
 * (rspamd: src/libserver/symcache/symcache_impl.cxx:resort).
 * @param problem is told of dependencies that go in a circle; such a rule does not wait
 */
export function planRules(registry: RuleRegistry, problem: (text: string) => void): Plan {
  const rules = [...registry.rules];
  const wanted = new Map(rules.map((rule) => [rule, dependenciesOf(rule, registry)]));
  const levels = levelsOf(wanted, problem);
  const planned = (stage: Stage): PlannedRule[] => {
    const own = rules.filter((rule) => rule.stage === stage);
    const rising = stage === 'postfilter' || stage === 'idempotent';
    const level = (rule: Rule) => (stage === 'filter' ? (levels.get(rule) ?? 0) : 0);
    own.sort((a, b) => level(a) - level(b) || (rising ? 1 : -1) * ((a.priority ?? 0) - (b.priority ?? 0)));
    return own.map((rule) => ({
      rule,
      dependencies: (wanted.get(rule) ?? []).filter((other) => (levels.get(other) ?? 0) < (levels.get(rule) ?? 0)),
    }));
  };
  return Object.fromEntries(stages.map((stage) => [stage, planned(stage)])) as unknown as Plan;
}

function dependenciesOf(rule: Rule, registry: RuleRegistry): Rule[] {
  const found = (rule.after ?? []).map((name) => registry.ruleOf(name)).filter((other) => other !== undefined);
  return [...new Set(found)].filter((other) => other !== rule);
}

function levelsOf(
  wanted: ReadonlyMap<Rule, readonly Rule[]>,
  problem: (text: string) => void,
): ReadonlyMap<Rule, number> {
  const levels = new Map<Rule, number>();
  const open = new Set<Rule>();
  const visit = (rule: Rule): number => {
    const known = levels.get(rule);
    if (known !== undefined) return known;
    if (open.has(rule)) {
      problem(`rules wait for each other in a circle: ${[...open].map(({ name }) => name).join(', ')}`);
      return -1;
    }
    open.add(rule);
    const level = Math.max(-1, ...(wanted.get(rule) ?? []).map(visit)) + 1;
    open.delete(rule);
    levels.set(rule, level);
    return level;
  };
  for (const rule of wanted.keys()) visit(rule);
  return levels;
}
