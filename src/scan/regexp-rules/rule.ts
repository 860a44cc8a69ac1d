import { get, text as textOfBytes, type UclObject, type UclValue } from '../../ucl/index.ts';
import { evaluate, parseExpression } from '../expression/index.ts';
import { flagOption, numberOption, pairsOf, type Selectors, textOption } from '../native/index.ts';
import { Subject } from '../regexp/index.ts';
import type { Rule } from '../rule.ts';
import type { Task } from '../task.ts';
import { type Atom, parseAtom } from './atom.ts';
import { ruleFunctions } from './functions.ts';
import { textsFor } from './texts.ts';

/** A rule of expressions, whoever wrote it. */
export interface RegexpRuleSpec {
  readonly symbol: string;
  /** Operands joined by `& | ! + >` and the like. */
  readonly expression: string;
  readonly score?: number;
  readonly description?: string;
  readonly groups?: readonly string[];
  readonly oneShot?: boolean;
  /** Only for messages with a MIME structure. */
  readonly mimeOnly?: boolean;
  /** Bytes of each text that count. */
  readonly maxSize?: number;
}

/** Matches of one text that are counted. */
const maxHits = 10_000;

type Operand = (task: Task) => number;

/**
 * Makes a rule (rspamd: src/plugins/regexp.c).
 * @throws Error that says what is wrong with its expression
 */
export function regexpRule(spec: RegexpRuleSpec, selectors: Selectors): Rule {
  const { symbol, score, description, groups, oneShot = true, mimeOnly = false } = spec;
  const maxSize = spec.maxSize === undefined || spec.maxSize === 0 ? Number.POSITIVE_INFINITY : spec.maxSize;
  const expression = parseExpression<Operand>(spec.expression, (text, at) => {
    const { atom, length } = parseAtom(text, at);
    return { atom: operandOf(atom, maxSize, selectors), length };
  });
  const needed = [...spec.expression.matchAll(/has_symbol\(\s*["']?(\w+)/g)].map(([, name = '']) => name);
  return {
    name: symbol,
    stage: 'filter',
    symbols: {
      [symbol]: {
        ...(score === undefined ? {} : { score }),
        ...(description === undefined ? {} : { description }),
        ...(groups === undefined ? {} : { groups }),
        ...(oneShot ? { oneShot: true } : {}),
      },
    },
    after: needed,
    flags: mimeOnly ? ['mime'] : [],
    run: (task) => {
      if (evaluate(expression, (operand) => operand(task), false) > 0) task.insert(symbol);
    },
  };
}

function operandOf(atom: Atom, maxSize: number, selectors: Selectors): Operand {
  if (atom.type === 'function') {
    const run = ruleFunctions.get(atom.name);
    if (run === undefined) throw new Error(`there is no function ${atom.name}`);
    return (task) => Number(run(task, atom.args));
  }
  const { kind, name, strong, multiple, regexp } = atom;
  const select = kind === 'selector' ? selectors.flat(name) : undefined;
  return (task) => {
    const texts =
      select === undefined
        ? textsFor(task, kind, name, strong, maxSize)
        : select(task).map((bytes) => new Subject(bytes));
    if (!multiple) return Number(texts.some((text) => regexp.test(text)));
    return texts.reduce((sum, text) => sum + hitsIn(text, regexp), 0);
  };
}

function hitsIn(text: Subject, regexp: (Atom & { type: 'regexp' })['regexp']): number {
  let hits = 0;
  for (let from = 0; hits < maxHits; hits++) {
    const match = regexp.exec(text, from);
    if (match === undefined) break;
    from = Math.max(match.end, from + 1);
  }
  return hits;
}

/** Rules of section `regexp`. @param problem is told of those that cannot be used */
export function readRegexpRules(
  section: UclObject | undefined,
  selectors: Selectors,
  problem: (text: string) => void,
): readonly Rule[] {
  if (section === undefined || flagOption(section, 'enabled') === false) return [];
  const maxSize = numberOption(section, 'max_size') ?? 0;
  return pairsOf(section).flatMap(([symbol, value]) => {
    const spec = readSpec(symbol, value, maxSize);
    if (spec === undefined) return [];
    try {
      return [regexpRule(spec, selectors)];
    } catch (cause) {
      problem(`rule ${symbol} of section regexp is off: ${textOfBytes((cause as Error).message)}`);
      return [];
    }
  });
}

function readSpec(symbol: string, value: UclValue, maxSize: number): RegexpRuleSpec | undefined {
  if (value.type === 'string') return { symbol, expression: value.value, maxSize };
  const expression = textOption(value, 're') ?? textOption(value, 'regexp');
  if (expression === undefined) return undefined;
  const score = numberOption(value, 'score');
  const description = textOption(value, 'description');
  const group = textOption(value, 'group');
  return {
    symbol,
    expression,
    maxSize,
    ...(score === undefined ? {} : { score }),
    ...(description === undefined ? {} : { description: textOfBytes(description) }),
    ...(group === undefined ? {} : { groups: [group] }),
    oneShot: flagOption(value, 'one_shot') ?? get(value, 'any_shot') === undefined,
    mimeOnly: flagOption(value, 'mime_only') ?? false,
  };
}
