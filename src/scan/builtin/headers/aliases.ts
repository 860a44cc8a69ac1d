import { type EmailAddress, toText } from '../../message/index.ts';
import { priorities, type Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { hasHeader, lower, same } from '../values.ts';

/** Domains where dots in the user mean nothing. */
const withoutDots = new Set(['gmail.com', 'googlemail.com']);

interface Resolved {
  readonly address: EmailAddress;
  readonly tags: readonly string[];
}

/** @returns undefined where the address stays as it is */
function resolve(address: EmailAddress): Resolved | undefined {
  const dotless = withoutDots.has(address.domain) ? address.user.replaceAll('.', '') : address.user;
  const [, bare, tags] = /^([^+][^+]*)(\+.*)$/s.exec(dotless) ?? [];
  const user = bare ?? dotless;
  if (user === address.user || user === '' || address.domain === '') return undefined;
  return {
    address: { ...address, user, addr: `${user}@${address.domain}` },
    tags: (tags ?? '').split('+').filter((tag) => tag !== ''),
  };
}

/** Who forwarded the message, with what tells it. */
function forwarding(task: Task): readonly [symbol: string, options: readonly string[]] | undefined {
  const { sender, recipients } = task.original;
  const [only] = recipients;
  if (only === undefined) return undefined;
  if (sender !== undefined && sender.addr !== '') {
    const found = forwardingService(task, sender, recipients);
    if (found !== undefined) return found;
  }
  return recipients.length > 1 || task.original.to.length === 0 ? undefined : forwardedFrom(task, only);
}

function forwardingService(
  task: Task,
  sender: EmailAddress,
  recipients: readonly EmailAddress[],
): readonly [string, readonly string[]] | undefined {
  const [only] = recipients as [EmailAddress];
  const single = recipients.length === 1;
  const user = lower(sender.user);
  const caf = user.indexOf(`+caf_=${lower(only.addr).replace('@', '=')}`);
  if (single && caf > 0) return ['FWD_GOOGLE', [`${user.slice(0, caf)}@${toText(sender.domain)}`]];
  const host = task.hostname?.toLowerCase() ?? '';
  if (/\.yandex\.[a-z]+$/.test(host) && hasHeader(task, 'X-Yandex-Forward')) return ['FWD_YANDEX', []];
  if (host.endsWith('.mail.ru') && hasHeader(task, 'X-MailRu-Forward')) return ['FWD_MAILRU', []];
  if (!single || !/^srs[01]=/.test(user)) return undefined;
  // The original takes the name for a pattern, in which a dash has a meaning of its own.
  const rewritten = `=${lower(only.domain)}=${lower(only.user)}`;
  if (user.includes(rewritten) && !rewritten.includes('-')) return ['FWD_SRS', []];
  if (hasHeader(task, 'X-Sieve-Redirected-From')) return ['FWD_SIEVE', []];
  return /forwarded message/.test(task.message.header('From-Rewrite') ?? '') ? ['FWD_CPANEL', []] : undefined;
}

/** The topmost hop that tells for whom it was tells of somebody else. */
function forwardedFrom(task: Task, only: EmailAddress): readonly [string, readonly string[]] | undefined {
  const given = task.received.find(({ forMailbox }) => forMailbox !== undefined)?.forMailbox;
  if (given === undefined) return undefined;
  const bare = given.replace(/^<?([^>]*)>?$/, '$1');
  const address = bare.replace(/^([^+][^+]*)\+[^@]*@(.*)$/, '$1@$2');
  if (same(address, only.addr)) return undefined;
  const [to] = task.original.to;
  if (hasHeader(task, 'List-Unsubscribe') && to !== undefined && same(to.addr, address)) return undefined;
  return ['FORWARDED', [toText(address)]];
}

/** Resolves tags in addresses (`user+tag`), and tells in which direction a message goes. */
export const aliases: Rule = {
  name: 'ALIASES_CHECK',
  stage: 'prefilter',
  priority: priorities.top + 1,
  flags: ['nice', 'explicitDisable'],
  symbols: {
    LOCAL_OUTBOUND: symbol(0, 'aliases', 'One of our own users or machines sends it'),
    ALIAS_RESOLVED: symbol(0, 'aliases', 'An address was brought into its usual form'),
    TAGGED_FROM: symbol(0, 'aliases', 'The sender has a tag'),
    TAGGED_RCPT: symbol(0, 'aliases', 'A recipient has a tag'),
    FWD_GOOGLE: symbol(0, 'forwarding', 'Google forwarded it'),
    FWD_YANDEX: symbol(0, 'forwarding', 'Yandex forwarded it'),
    FWD_MAILRU: symbol(0, 'forwarding', 'Mail.Ru forwarded it'),
    FWD_SRS: symbol(0, 'forwarding', 'It was forwarded with a rewritten sender (SRS)'),
    FWD_SIEVE: symbol(0, 'forwarding', 'A Sieve script forwarded it'),
    FWD_CPANEL: symbol(0, 'forwarding', 'cPanel forwarded it'),
    FORWARDED: symbol(0, 'forwarding', 'It was forwarded'),
  },
  run: (task) => {
    const forwarded = forwarding(task);
    const { visible } = task;
    const fromTags: string[] = [];
    const toTags: string[] = [];
    let changed = false;
    const bring = (list: readonly EmailAddress[], tags: string[]): readonly EmailAddress[] =>
      list.map((address) => {
        const resolved = resolve(address);
        if (resolved === undefined) return address;
        changed = true;
        tags.push(...resolved.tags);
        return resolved.address;
      });
    if (visible.sender !== undefined) visible.sender = bring([visible.sender], fromTags)[0];
    visible.recipients = bring(visible.recipients, toTags);
    visible.from = [...bring(visible.from.slice(0, 1), fromTags), ...visible.from.slice(1)];
    visible.to = bring(visible.to, toTags);
    if (fromTags.length > 0) task.insert('TAGGED_FROM', 1, fromTags);
    if (toTags.length > 0) task.insert('TAGGED_RCPT', 1, toTags);
    if (forwarded !== undefined) task.insert(forwarded[0], 1, forwarded[1]);
    if (task.user !== undefined || task.isLocal) task.insert('LOCAL_OUTBOUND');
    if (changed) task.insert('ALIAS_RESOLVED');
  },
};
