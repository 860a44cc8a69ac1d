import { hostname } from 'node:os';
import { first, get, type UclValue } from '../../../ucl/index.ts';
import { toText } from '../../message/index.ts';
import { type FuzzyMatch, fuzzyMatches } from '../../native/index.ts';
import { encodedWords } from '../../reply/index.ts';
import type { FoundSymbol } from '../../results.ts';
import type { Task } from '../../task.ts';
import { authenticationResults, resultsHost } from './authentication-results.ts';
import { foldAtSemicolons } from './fold.ts';
import type { RoutineName, RoutineOptions } from './options.ts';

/** What a routine works on. */
export interface Edit {
  readonly task: Task;
  readonly options: RoutineOptions;
  /** Position of a field that is added. */
  readonly order: number;
  readonly optionsOf: (routine: RoutineName) => RoutineOptions;
}

/** rspamd: src/plugins/lua/milter_headers.lua */
export const routines: Readonly<Record<RoutineName, (edit: Edit) => void>> = {
  'remove-header': (edit) => removeOlder(edit),
  'remove-headers': ({ task, options }) => {
    for (const [name, which] of options.pairs('headers')) {
      const number = numberOf(which);
      if (number !== undefined) task.reply.milter.removeHeaders.set(name, number);
    }
  },
  'add-headers': ({ task, options }) => {
    const { addHeaders, removeHeaders } = task.reply.milter;
    for (const [name, given] of options.pairs('headers')) {
      const value = textOf(first(get(given, 'value')) ?? given);
      if (value === undefined) continue;
      addHeaders.set(name, [{ value, order: numberOf(get(given, 'order')) ?? -1 }]);
      removeHeaders.set(name, options.number('remove') ?? 0);
    }
  },
  'remove-spam-flag': ({ task, options }) =>
    void task.reply.milter.removeHeaders.set(options.text('header') ?? 'X-Spam', 0),
  'x-spamd-result': spamdResult,
  'x-rspamd-server': (edit) => replace(edit, edit.options.text('hostname') ?? hostname()),
  'x-rspamd-queue-id': (edit) => {
    removeOlder(edit);
    const { queueId } = edit.task.envelope;
    if (queueId !== 'undef') add(edit, toText(queueId));
  },
  'x-rspamd-pre-result': () => {},
  'x-rspamd-action': (edit) => replace(edit, edit.task.results.verdict.action.name),
  'spam-header': (edit) => {
    removeOlder(edit);
    if (isSpam(edit.task)) add(edit, edit.options.text('value') ?? 'Junk');
  },
  'x-virus': virus,
  'x-spamd-bar': (edit) => {
    const { score } = edit.task.results.verdict;
    const count = Math.floor(Math.abs(score));
    const sign = edit.options.text(score > 0 ? 'positive' : 'negative') ?? '';
    replace(edit, count === 0 ? (edit.options.text('neutral') ?? '') : sign.repeat(Math.min(count, maxSigns)));
  },
  'x-spam-level': (edit) => {
    const { score } = edit.task.results.verdict;
    if (score >= 1) replace(edit, (edit.options.text('char') ?? '*').repeat(Math.min(Math.floor(score), maxSigns)));
  },
  'x-spam-status': (edit) => {
    const { score } = edit.task.results.verdict;
    replace(edit, `${isSpam(edit.task) ? 'Yes' : 'No'}, score=${score.toFixed(2)}`);
  },
  'authentication-results': (edit) => {
    if (edit.options.value('remove_ar_from') === undefined) removeOlder(edit);
    else removeForeign(edit);
    const results = authenticationResults(edit.task, edit.options.flag('add_smtp_user') ?? true);
    add({ ...edit, order: 1 }, folded(edit, results));
  },
  'fuzzy-hashes': (edit) => {
    const matches = edit.task.get(fuzzyMatches) ?? [];
    if (matches.length > 0) add(edit, folded(edit, matches.map(matchText).join(',')));
  },
};

/** `3af1… (rule=x; flag=1; prob=0.69; queried=77c0…; added=2026-11-22 11:59:00)` */
function matchText({ rule, flag, probability, found, asked, added }: FuzzyMatch): string {
  const likeness = [`rule=${rule}`, `flag=${flag}`, `prob=${(Math.round(probability * 100) / 100).toFixed(2)}`];
  const other = found === asked ? [] : [`queried=${asked}`];
  const since = added === 0 ? [] : [`added=${new Date(added * 1000).toISOString().replace('T', ' ').slice(0, 19)}`];
  return `${found} (${[...likeness, ...other, ...since].join('; ')})`;
}

/** A line of a message has at most 998 characters (RFC 5322, 2.1.1). */
const maxSigns = 900;

function isSpam(task: Task): boolean {
  const { name } = task.results.verdict.action;
  return name !== 'no action' && name !== 'greylist';
}

function removeOlder({ task, options }: Edit): void {
  const [header, which] = [options.text('header'), options.number('remove')];
  if (header !== undefined && which !== undefined) task.reply.milter.removeHeaders.set(header, which);
}

function add({ task, options, order }: Edit, value: string): void {
  const header = options.text('header');
  if (header !== undefined && value !== '') task.reply.milter.addHeaders.set(header, [{ value, order }]);
}

function replace(edit: Edit, value: string): void {
  removeOlder(edit);
  add(edit, value);
}

function folded({ task }: Edit, value: string): string {
  return encodedWords(foldAtSemicolons(task, value));
}

function spamdResult(edit: Edit): void {
  const { task, options, optionsOf } = edit;
  const { action, score, passthrough } = task.results.verdict;
  const byName = options.text('sort_by') === 'name';
  const found = [...task.results.symbols.values()]
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (byName ? compare(a.name, b.name) : Math.abs(b.score) - Math.abs(a.score)));
  const required = task.results.requiredScore ?? 0;
  const verdict = `default: ${action.name === 'reject' ? 'True' : 'False'} [${score.toFixed(2)} / ${required.toFixed(2)}]`;
  replace(edit, folded(edit, [verdict, ...found.map(symbolText)].join('; ')));
  if (passthrough === undefined) return;
  const parts = [`action=${passthrough.action}`, `module=${passthrough.module}`, passthrough.message];
  const text = parts.filter((part) => part !== undefined).join('; ');
  add({ ...edit, options: optionsOf('x-rspamd-pre-result') }, folded(edit, text));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function symbolText({ name, score, options }: FoundSymbol): string {
  return `${name}(${score.toFixed(2)})[${[...options].join(',')}]`;
}

/** Symbols of virus scanners, by what the operator calls them. */
function virus(edit: Edit): void {
  const { task, options } = edit;
  const found = (name: string): string[] =>
    options.texts(name).flatMap((symbol) => {
      const one = task.results.get(symbol);
      return one === undefined ? [] : [one.options.size > 0 ? [...one.options].join(',') : 'unknown'];
    });
  removeOlder(edit);
  const [viruses, failures] = [found('symbols'), found('symbols_fail')];
  const clean = options.text('status_clean');
  const infected = options.text('status_infected');
  if (viruses.length > 0)
    add(edit, encodedWords([...(infected === undefined ? [] : [infected]), viruses.join(',')].join(', ')));
  else if (clean !== undefined && failures.length === 0) add(edit, clean);
  else if (clean !== undefined) add(edit, `${options.text('status_fail') ?? 'fail'}(${failures.at(-1)})`);
}

/** Only results of certain hosts go away: names, and all names below one that begins with a dot. */
function removeForeign({ task, options }: Edit): void {
  const header = options.text('header') ?? 'Authentication-Results';
  const hosts = options.texts('remove_ar_from').map((host) => host.toLowerCase());
  const isRemoved = (host: string): boolean =>
    hosts.some((known) => known === host || (known.startsWith('.') && host.endsWith(known)));
  const which = task.message.headers.getAll(header).flatMap(({ decoded }, at) => {
    const host = resultsHost(decoded);
    return host !== undefined && isRemoved(host) ? [at + 1] : [];
  });
  if (which.length > 0) task.reply.milter.removeHeaders.set(header, which);
}

function numberOf(value: UclValue | undefined): number | undefined {
  const one = first(value);
  return one?.type === 'int' || one?.type === 'float' ? Number(one.value) : undefined;
}

function textOf(value: UclValue | undefined): string | undefined {
  return value?.type === 'string' ? value.value : undefined;
}
