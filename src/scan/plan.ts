import type { Rule, RuleRegistry, Stage } from './rule.ts';

/** A rule with its place in the order. */
export interface PlannedRule {
  readonly rule: Rule;
  /** That have to be through before. */
  readonly dependencies: readonly Rule[];
  /** That wait for it. */
  readonly dependents: readonly PlannedRule[];
}

/** The rules of a scanner by stage, each in the order in which they start. */
export type Plan = Readonly<Record<Stage, readonly PlannedRule[]>>;

const stages: readonly Stage[] = ['connfilter', 'prefilter', 'filter', 'classifier', 'postfilter', 'idempotent'];

/**
 * Puts rules in order. Of filters those come first that others wait for, the longest chains before all; then by priority,
 * then as they were registered (rspamd: src/libserver/symcache/symcache_impl.cxx:resort).
 * @param isOff those that the configuration switches off
 * @param problem is told of dependencies that go in a circle; one of them does not count
 */
export function planRules(
  registry: RuleRegistry,
  isOff: (rule: Rule) => boolean,
  problem: (text: string) => void,
): Plan {
  const rules = [...registry.rules].filter((rule) => !isOff(rule));
  const dependencies = withoutCircles(rules, registry, problem);
  const planned = new Map<Rule, PlannedRule & { readonly dependents: PlannedRule[] }>(
    rules.map((rule) => [rule, { rule, dependencies: dependencies.get(rule) ?? [], dependents: [] }]),
  );
  for (const one of planned.values())
    for (const dependency of one.dependencies) planned.get(dependency)?.dependents.push(one);
  const depth = depths(planned);
  const ofStage = (stage: Stage): PlannedRule[] => {
    const rising = stage === 'postfilter' || stage === 'idempotent';
    const depthOf = (rule: Rule) => (stage === 'filter' ? (depth.get(rule) ?? 0) : 0);
    return [...planned.values()]
      .filter(({ rule }) => rule.stage === stage)
      .sort(
        ({ rule: a }, { rule: b }) =>
          depthOf(b) - depthOf(a) || (rising ? 1 : -1) * ((a.priority ?? 0) - (b.priority ?? 0)),
      );
  };
  return Object.fromEntries(stages.map((stage) => [stage, ofStage(stage)])) as unknown as Plan;
}

function withoutCircles(
  rules: readonly Rule[],
  registry: RuleRegistry,
  problem: (text: string) => void,
): ReadonlyMap<Rule, readonly Rule[]> {
  const kept = new Map<Rule, Rule[]>();
  const known = new Set(rules);
  const open = new Set<Rule>();
  const visit = (rule: Rule): void => {
    const own: Rule[] = [];
    kept.set(rule, own);
    open.add(rule);
    for (const name of rule.after ?? []) {
      const other = registry.ruleOf(name);
      if (other === undefined || !known.has(other) || other === rule || own.includes(other)) continue;
      if (open.has(other)) {
        problem(`rules wait for each other in a circle: ${rule.name} does not wait for ${other.name}`);
        continue;
      }
      own.push(other);
      if (!kept.has(other)) visit(other);
    }
    open.delete(rule);
  };
  for (const rule of rules) if (!kept.has(rule)) visit(rule);
  return kept;
}

/** How long the chains of those are that wait for a rule. */
function depths(planned: ReadonlyMap<Rule, PlannedRule>): ReadonlyMap<Rule, number> {
  const known = new Map<Rule, number>();
  const depthOf = ({ rule, dependents }: PlannedRule): number => {
    const found = known.get(rule) ?? Math.max(0, ...dependents.map((dependent) => depthOf(dependent) + 1));
    known.set(rule, found);
    return found;
  };
  for (const one of planned.values()) depthOf(one);
  return known;
}
