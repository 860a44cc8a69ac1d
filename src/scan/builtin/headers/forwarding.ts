import { type EmailAddress, toText } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { hasHeader, lower, same } from '../values.ts';

/** Who forwarded the message, with what tells it. */
export function forwarding(task: Task): readonly [symbol: string, options: readonly string[]] | undefined {
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
