import { typeName, type UclObject } from '../ucl/index.ts';
import type { Findings } from './finding.ts';
import { lookup, walk } from './lookup.ts';
import { flag, named, number, string } from './members.ts';

/** What a match takes away from the symbols that it is made of. */
export type CompositePolicy = 'remove_all' | 'remove_symbol' | 'remove_weight' | 'leave';

/** A symbol that stands for a combination of others. */
export interface CompositeDefinition {
  readonly name: string;
  readonly expression: string;
  readonly score: number | undefined;
  readonly description: string | undefined;
  readonly groups: readonly string[];
  readonly policy: CompositePolicy;
  /** Symbols that it waits for beside those of its expression. */
  readonly dependsOn: readonly string[];
  readonly enabled: boolean;
}

const policies: Readonly<Record<string, CompositePolicy>> = {
  remove: 'remove_all',
  remove_all: 'remove_all',
  default: 'remove_all',
  remove_symbol: 'remove_symbol',
  remove_weight: 'remove_weight',
  leave: 'leave',
  remove_none: 'leave',
};

/** The `composites` sections (rspamd: src/libserver/composites/composites_manager.cxx:add_composite). */
export function readComposites(root: UclObject, findings?: Findings): CompositeDefinition[] {
  return named(root, 'composites').flatMap(([name, body]) => {
    const composite = readComposite(name, body, findings);
    return composite === undefined ? [] : [composite];
  });
}

function readComposite(name: string, body: UclObject, findings: Findings | undefined): CompositeDefinition | undefined {
  const expression = lookup(body, 'expression');
  const enabled = flag(body, 'enabled') !== false;
  if (expression?.type !== 'string') {
    if (enabled)
      findings?.warn(
        `composite ${name} has no expression`,
        expression?.at ?? body.at,
        expression === undefined ? 'write expression = "A & B";' : `write it as text; this is ${typeName(expression)}`,
      );
    return undefined;
  }
  const word = lookup(body, 'policy');
  const policy = word === undefined ? 'remove_all' : policies[string(word) ?? ''];
  if (policy === undefined) {
    findings?.warn(
      `composite ${name} has incorrect policy`,
      word?.at ?? body.at,
      `it is one of ${Object.keys(policies).join(', ')}`,
    );
    return undefined;
  }
  return {
    name,
    expression: expression.value,
    score: number(lookup(body, 'score')),
    description: string(lookup(body, 'description')),
    groups: [string(lookup(body, 'group')) ?? 'composite', ...strings(body, 'groups')],
    policy,
    dependsOn: strings(body, 'depends_on'),
    enabled,
  };
}

function strings(body: UclObject, key: string): string[] {
  const entry = body.entries.get(key);
  return entry === undefined ? [] : walk(entry.value).flatMap((value) => string(value) ?? []);
}
