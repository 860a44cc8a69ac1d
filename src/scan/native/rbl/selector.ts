import { type ByteString, fromText, lowerAscii, toText } from '../../message/index.ts';
import { compileRegexp, Subject, takeApart } from '../../regexp/index.ts';
import type { Task } from '../../task.ts';

type Step = (values: readonly ByteString[]) => readonly ByteString[];

/**
 * Makes a selector of those that lists use: `from('smtp'):domain`, `from('mime'):addr.lower_utf8`, `helo`, `ip`, `user`,
 * `header(Message-Id).regexp('@(…)').last` and the like (rspamd: lualib/lua_selectors).
 * @throws Error where it has something that we do not know
 */
export function compileSelector(text: string): (task: Task) => readonly ByteString[] {
  const [head, ...steps] = splitSteps(text);
  const source = sourceOf(head ?? '');
  const pipeline = steps.map(stepOf);
  return (task) => pipeline.reduce<readonly ByteString[]>((values, step) => step(values), source(task));
}

/** At full stops that stand in no brackets. */
function splitSteps(text: string): string[] {
  const steps = [''];
  let depth = 0;
  let quote = '';
  for (const c of text.trim()) {
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === "'" || c === '"') quote = c;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    if (c === '.' && depth === 0 && quote === '') steps.push('');
    else steps[steps.length - 1] += c;
  }
  return steps;
}

function sourceOf(text: string): (task: Task) => readonly ByteString[] {
  const [, name = '', given = '', member = ''] = /^(\w+)(?:\((.*)\))?(?::(\w+))?$/s.exec(text.trim()) ?? [];
  const argument = unquoted(given);
  const some = (value: ByteString | undefined): readonly ByteString[] => (value === undefined ? [] : [value]);
  switch (name) {
    case 'from':
    case 'rcpts':
      return (task) => addresses(task, name, argument).flatMap((address) => some(memberOf(address, member)));
    case 'header':
      return (task) => some(task.message.headers.first(argument)?.decodedBytes);
    case 'helo':
      return (task) => some(task.envelope.helo);
    case 'user':
      return (task) => some(task.user);
    case 'ip':
      return (task) => some(task.ip);
    case 'hostname':
      return (task) => some(task.hostname);
    default:
      throw new Error(`selector ${JSON.stringify(text)} is not one that lists can use`);
  }
}

interface AddressParts {
  readonly addr: ByteString;
  readonly user: ByteString;
  readonly domain: ByteString;
}

function addresses({ visible }: Task, name: 'from' | 'rcpts', kind: string): readonly AddressParts[] {
  if (name === 'rcpts') return kind === 'mime' ? visible.to : visible.recipients;
  if (kind === 'mime') return visible.from.slice(0, 1);
  return visible.sender === undefined ? [] : [visible.sender];
}

function memberOf(address: AddressParts, member: string): ByteString {
  if (member === 'domain' || member === 'user') return address[member];
  return address.addr;
}

function stepOf(text: string): Step {
  const [, name = '', given = ''] = /^(\w+)(?:\((.*)\))?$/s.exec(text.trim()) ?? [];
  switch (name) {
    case 'lower':
      return (values) => values.map(lowerAscii);
    case 'lower_utf8':
      return (values) => values.map((value) => fromText(toText(value).toLowerCase()));
    case 'first':
      return (values) => values.slice(0, 1);
    case 'last':
      return (values) => values.slice(-1);
    case 'uniq':
      return (values) => [...new Set(values)];
    case 'regexp': {
      const pattern = compileRegexp(takeApart(unquoted(given)));
      return (values) =>
        values.flatMap((value) => (pattern.exec(new Subject(value))?.groups ?? []).filter((one) => one !== undefined));
    }
    default:
      throw new Error(`step ${JSON.stringify(text)} of a selector is not one that lists can use`);
  }
}

function unquoted(text: string): string {
  return /^\s*(["'])(.*)\1\s*$/s.exec(text)?.[2] ?? text.trim();
}
