import type { UclObject } from '../../../ucl/index.ts';
import { evaluate } from '../../expression/index.ts';
import { toText } from '../../message/index.ts';
import { priorities, type Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import type { Selectors } from '../selectors/index.ts';
import { type ForcedAction, type ForceReading, readForcedActions } from './settings.ts';

/** What the operator wants done where some symbols are found (rspamd: src/plugins/lua/force_actions.lua). */
export function forceActionRules(section: UclObject | undefined, reading: ForceReading): readonly Rule[] {
  return readForcedActions(section, reading).map((rule) => ruleOf(rule, reading));
}

/** Rules that ask what all others led to run after them; the rest as soon as its symbols are clear. */
function ruleOf(rule: ForcedAction, { findings, selectors }: ForceReading): Rule {
  const { symbol, action, expression, limit, subject } = rule;
  const atEnd = rule.required !== undefined || rule.honoured !== undefined;
  const messageOf = messageTemplate(rule, selectors, (text) => findings.warn(text));
  return {
    name: symbol,
    stage: atEnd ? 'postfilter' : 'filter',
    priority: atEnd ? priorities.high : priorities.low,
    after: atEnd ? [] : expression.atoms.map(({ atom }) => atom),
    flags: rule.late ? ['empty', 'ignorePassthrough'] : ['empty'],
    symbols: { [symbol]: { groups: ['force_actions'] } },
    run: (task) => {
      const { name: current } = task.results.verdict.action;
      if (rule.message === undefined && subject === undefined && current === action) return;
      if (rule.honoured?.has(current) === true) return;
      if (rule.required?.has(current) === false) return;
      if (evaluate(expression, (name) => weightOf(task, name), false) <= limit) return;
      if (subject !== undefined) task.reply.subject = toText(subject);
      const message = messageOf?.(task);
      task.passthrough({
        action,
        module: 'force_actions',
        ...(message !== undefined && { message }),
        ...(rule.least && { least: true }),
        ...(rule.processAll && { processAll: true }),
      });
      task.insert(symbol, 1, [action]);
    },
  };
}

/** A symbol without weight counts nevertheless. */
const leastValue = 0.001;

function weightOf({ results }: Task, name: string): number {
  const found = results.get(name);
  return found === undefined || found.hidden ? 0 : Math.max(Math.abs(found.score), leastValue);
}

/** The message with what selectors find in place of `${…}`. */
function messageTemplate(
  { symbol, message }: ForcedAction,
  selectors: Selectors,
  problem: (text: string) => void,
): ((task: Task) => string) | undefined {
  if (message === undefined) return undefined;
  const pieces = message.split(/\$\{(.*?)\}/s).map((piece, index): ((task: Task) => string) => {
    if (index % 2 === 0) return () => toText(piece);
    try {
      const select = selectors.flat(piece);
      return (task) => {
        const values = select(task);
        return values.length === 0 ? '((error extracting value))' : values.map(toText).join(',');
      };
    } catch (cause) {
      problem(`force_actions: the message of ${symbol} lacks ${piece}: ${(cause as Error).message}`);
      return () => '((could not create selector))';
    }
  });
  return (task) => pieces.map((piece) => piece(task)).join('');
}
