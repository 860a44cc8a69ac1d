import type { Action, CompositeDefinition, SymbolDefinition, SymbolGroup } from '../config/index.ts';
import type { Group, Limit, Metric, WeighedSymbol } from './metric.ts';
import type { RuleRegistry, SymbolSpec } from './rule.ts';

/** What one configuration tree says of symbols. */
export interface MetricLayer {
  readonly groups: readonly SymbolGroup[];
  readonly composites: readonly CompositeDefinition[];
}

export interface MetricOptions {
  readonly actions: readonly Action[];
  readonly unknownWeight: number | undefined;
  readonly growFactor: number | undefined;
  /** Every symbol counts once (option one_shot), or that often (option max_shots). */
  readonly shots: number;
}

/**
 * Puts together what code and configuration say of symbols (rspamd: src/libserver/cfg_utils.cxx:rspamd_config_add_symbol).
 * @param layers configuration trees; a later one counts before an earlier one, and both before the code
 */
export function buildMetric(registry: RuleRegistry, layers: readonly MetricLayer[], options: MetricOptions): Metric {
  const groups = readGroups(layers);
  const symbols = new Map<string, Draft>();
  const draft = (name: string): Draft => {
    const known = symbols.get(name);
    if (known !== undefined) return known;
    const fresh: Draft = {
      score: undefined,
      description: undefined,
      shots: undefined,
      disabled: false,
      groups: new Set(),
    };
    symbols.set(name, fresh);
    return fresh;
  };
  for (const { groups: list, composites } of layers.toReversed()) {
    for (const group of list)
      for (const symbol of group.symbols.toReversed())
        merge(draft(symbol.name), fromConfig(symbol), [group.name, ...symbol.groups]);
    for (const { name, score, description, groups: own } of composites.toReversed())
      merge(draft(name), { score, description, shots: 1, disabled: false }, own);
  }
  for (const symbol of registry.symbols.values()) merge(draft(symbol.name), fromCode(symbol), symbol.groups ?? []);
  const unknown = options.unknownWeight ?? 0;
  const weighed = [...symbols].map(([name, one]): readonly [string, WeighedSymbol] => [
    name,
    {
      name,
      score: one.score ?? unknown,
      description: one.description,
      groups: [...one.groups].filter((group) => group !== 'ungrouped').map(groups),
      shots: one.shots ?? options.shots,
      disabled: one.disabled,
    },
  ]);
  return {
    symbols: new Map(weighed),
    actions: limitsOf(options.actions),
    unknownWeight: unknown,
    growFactor: options.growFactor ?? 1,
    shots: options.shots,
  };
}

interface Draft {
  score: number | undefined;
  description: string | undefined;
  shots: number | undefined;
  disabled: boolean;
  readonly groups: Set<string>;
}

interface Said {
  readonly score: number | undefined;
  readonly description: string | undefined;
  readonly shots: number | undefined;
  readonly disabled: boolean;
}

/** What was said first counts. */
function merge(draft: Draft, said: Said, groups: readonly string[]): void {
  draft.score ??= said.score;
  draft.description ??= said.description;
  draft.shots ??= said.shots;
  draft.disabled ||= said.disabled;
  for (const group of groups) draft.groups.add(group);
}

function fromCode({ score = 0, description, oneShot, shots }: SymbolSpec): Said {
  return { score, description, shots: shots ?? (oneShot === true ? 1 : undefined), disabled: false };
}

function fromConfig({ score, description, oneShot, shots, disabled }: SymbolDefinition): Said {
  return { score, description, shots: shots ?? (oneShot ? 1 : undefined), disabled };
}

/** @returns the group of a name: one object for all its symbols */
function readGroups(layers: readonly MetricLayer[]): (name: string) => Group {
  const known = new Map<string, Group>();
  for (const { name, maxScore, minScore, oneShot, description, public: isPublic } of layers.flatMap(
    (layer) => layer.groups,
  )) {
    const before = known.get(name);
    known.set(name, {
      name,
      maxScore: maxScore ?? before?.maxScore,
      minScore: minScore ?? before?.minScore,
      oneShot: oneShot || before?.oneShot === true,
      description: description ?? before?.description,
      public: isPublic || before?.public === true,
    });
  }
  return (name) => {
    const found = known.get(name) ?? {
      name,
      maxScore: undefined,
      minScore: undefined,
      oneShot: false,
      description: undefined,
      public: false,
    };
    known.set(name, found);
    return found;
  };
}

/** Those without a threshold first, then as they rise (rspamd: src/libserver/cfg_utils.cxx:rspamd_actions_list). */
function limitsOf(actions: readonly Action[]): Limit[] {
  const limits = actions.map(({ name, type, threshold, noThreshold, ham }) => ({
    name,
    type,
    threshold,
    noThreshold,
    ham,
  }));
  const rank = ({ threshold }: Limit) => threshold ?? Number.NEGATIVE_INFINITY;
  return limits.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}
