import type { Rule, RuleFlag, SymbolSpec } from '../rule.ts';
import type { Task } from '../task.ts';

/** @param groups in the order in which their caps hold */
export function symbol(score: number, groups: string | readonly string[], description: string): SymbolSpec {
  return { score, description, groups: typeof groups === 'string' ? [groups] : groups };
}

/** A symbol that counts once. */
export function single(score: number, groups: string | readonly string[], description: string): SymbolSpec {
  return { ...symbol(score, groups, description), oneShot: true };
}

/** A filter with one symbol, which has the rule's name. */
export function check(
  name: string,
  spec: SymbolSpec,
  test: (task: Task) => boolean,
  flags: readonly RuleFlag[] = [],
): Rule {
  return {
    name,
    stage: 'filter',
    symbols: { [name]: spec },
    flags,
    run: (task) => {
      if (test(task)) task.insert(name);
    },
  };
}
