import { createHash } from 'node:crypto';
import {
  type Action,
  actionName,
  type Findings,
  forceActionRuleTable,
  moduleTables,
  readModule,
} from '../../../config/index.ts';
import { get, items, type Position, type UclObject, type UclValue } from '../../../ucl/index.ts';
import { type Expression, parseExpression } from '../../expression/index.ts';
import { pairsOf, sectionOption, textOption, textsOf } from '../options.ts';
import type { Selectors } from '../selectors/index.ts';

/** A rule of section `force_actions`. */
export interface ForcedAction {
  readonly symbol: string;
  /** As in results: `soft reject`. */
  readonly action: string;
  readonly expression: Expression<string>;
  /** The value has to be above it. */
  readonly limit: number;
  readonly message: string | undefined;
  /** Template. */
  readonly subject: string | undefined;
  /** Actions that all other rules have to have led to; undefined where it does not matter. */
  readonly required: ReadonlySet<string> | undefined;
  /** Actions that stay. */
  readonly honoured: ReadonlySet<string> | undefined;
  readonly least: boolean;
  readonly processAll: boolean;
  /** It holds though another rule fixed the verdict. */
  readonly late: boolean;
}

/** What reading needs of the world. */
export interface ForceReading {
  readonly selectors: Selectors;
  readonly actions: readonly Action[];
  readonly findings: Findings;
}

/** Rules that cannot be used are left out, and told (rspamd: src/plugins/lua/force_actions.lua:configure_module). */
export function readForcedActions(section: UclObject | undefined, reading: ForceReading): ForcedAction[] {
  readModule(moduleTables.force_actions, section, reading.findings);
  const older = sectionOption(section, 'actions');
  const rules = older === undefined ? sectionOption(section, 'rules') : undefined;
  const messages = sectionOption(section, 'messages');
  return [
    ...pairsOf(older).flatMap(([action, value]) => olderRules(action, value, messages, reading)),
    ...pairsOf(rules).flatMap(([name, value]) => ruleOf(name, value, reading)),
  ];
}

function ruleOf(name: string, value: UclValue, { actions, findings }: ForceReading): ForcedAction[] {
  const wrong = (text: string, at: Position, hint?: string): ForcedAction[] => {
    findings.warn(`force_actions: rule ${name} is off: ${text}`, at, hint);
    return [];
  };
  if (value.type !== 'object')
    return wrong('it has no options', value.at, `write ${name} { action = ..; expression = ..; }`);
  const options = readModule(forceActionRuleTable, value, findings);
  if (options.action === undefined) return wrong('it has no action', value.at);
  if (options.expression === undefined) return wrong('it has no expression', value.at);
  const action = actionName(options.action);
  if (!isKnown(action, actions)) return wrong(`there is no action ${action}`, placeOf(value, 'action'));
  const expression = parsed(options.expression, (text) => wrong(text, placeOf(value, 'expression')));
  if (expression === undefined) return [];
  const { limit, message, subject, least, require_action: required, honor_action: honoured } = options;
  return [
    {
      symbol: `FORCE_ACTION_${name}`,
      action,
      expression,
      limit,
      message,
      subject,
      required: required && new Set(required),
      honoured: honoured && new Set(honoured),
      least,
      processAll: options.process_all && !least,
      late: true,
    },
  ];
}

function placeOf(rule: UclObject, option: string): Position {
  return get(rule, option)?.at ?? rule.at;
}

function isKnown(action: string, actions: readonly Action[]): boolean {
  return actions.some(({ name }) => name === action);
}

function parsed(text: string, wrong: (text: string) => void): Expression<string> | undefined {
  try {
    return parseExpression(text, symbolAt);
  } catch (cause) {
    wrong(`its expression cannot be read: ${(cause as Error).message}`);
    return undefined;
  }
}

/** Everything up to a blank or an operator is the name of a symbol. */
function symbolAt(text: string, at: number): { atom: string; length: number } {
  const [name = ''] = /^[^, \t()><+!|&\n]*/.exec(text.slice(at)) ?? [];
  return { atom: name, length: name.length };
}

/** `ACTION = ["expression", ["expression", "message", "subject"]]` */
function olderRules(
  written: string,
  value: UclValue,
  messages: UclObject | undefined,
  { actions, findings }: ForceReading,
): ForcedAction[] {
  const action = actionName(written);
  if (!isKnown(action, actions)) {
    findings.warn(`force_actions: there is no action ${action}`, value.at);
    return [];
  }
  const entries = items(value).flatMap((one) => (one.type === 'array' ? one.items : [one]));
  return entries.flatMap((entry) => {
    const [text = '', message = textOption(messages, text), subject] = textsOf(entry);
    const expression = parsed(text, (why) =>
      findings.warn(`force_actions: a rule of ${action} is off: ${why}`, entry.at),
    );
    if (expression === undefined) return [];
    const hash = createHash('blake2b512').update(text, 'latin1').digest('hex').slice(0, 12).toUpperCase();
    return [
      {
        symbol: `FORCE_ACTION_${hash}`,
        action,
        expression,
        limit: 0,
        message,
        subject,
        required: undefined,
        honoured: undefined,
        least: false,
        processAll: false,
        late: false,
      },
    ];
  });
}
