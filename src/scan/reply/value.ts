import { toText, type Url } from '../message/index.ts';
import { isReachable } from '../results.ts';
import type { Scanned } from '../scanner.ts';
import type { AddedHeader, MilterEdits } from './parts.ts';
import { rewrittenSubject } from './subject.ts';

/** A value of a reply; every `number` is a floating point number there, integers are bigints. */
export type ReplyValue = string | number | bigint | boolean | readonly ReplyValue[] | ReplyObject;

/** Keys in the order in which they are written. */
export type ReplyObject = ReadonlyMap<string, ReplyValue>;

/** Which of the shapes an endpoint answers with: /checkv2 and /checkv3, /skip, or those before them. */
export type ReplyShape = 'modern' | 'skip' | 'old';

/** What of the configuration a reply depends on. */
export interface ReplyRules {
  /** Template of a rewritten subject: `%s` the old one, `%d` the score, `%%` a per cent sign. */
  readonly subject: string | undefined;
  readonly publicGroupsOnly: boolean;
}

/** The reply to a scan (rspamd: src/libserver/protocol.c:rspamd_protocol_write_ucl). */
export function replyValue(scanned: Scanned, rules: ReplyRules, shape: ReplyShape): ReplyObject {
  const { task } = scanned;
  const symbols = symbolsOf(scanned, shape);
  const milter = milterValue(task.reply.milter);
  const { dkimSignatures } = task.reply;
  const isSpam = !scanned.verdict.action.ham;
  const result = resultOf(scanned, rules);
  return object([
    ...(shape === 'old'
      ? [field('default', object([['is_spam', isSpam], ...result, ...symbols]))]
      : [...result, field('thresholds', object(thresholds(scanned))), field('symbols', object(symbols))]),
    ...when(task.has('groups'), () => field('groups', object(groupsOf(scanned, rules)))),
    ['messages', object([...messagesOf(scanned)])],
    ...urlsOf(scanned),
    ...when(!task.has('empty'), () => field('message-id', task.message.messageId)),
    ['time_real', scanned.seconds],
    ...when(dkimSignatures.length > 0, () =>
      field('dkim-signature', dkimSignatures.length === 1 ? (dkimSignatures[0] as string) : dkimSignatures),
    ),
    ...when(milter.size > 0, () => field(shape === 'old' ? 'rmilter' : 'milter', milter)),
  ]);
}

type Field = readonly [key: string, value: ReplyValue];

function field(key: string, value: ReplyValue): Field {
  return [key, value];
}

function when(condition: boolean, make: () => Field): Field[] {
  return condition ? [make()] : [];
}

function object(fields: Iterable<Field>): ReplyObject {
  return new Map(fields);
}

function resultOf(scanned: Scanned, rules: ReplyRules): Field[] {
  const { task, verdict } = scanned;
  const { action, passthrough, score } = verdict;
  return [
    ...when(passthrough !== undefined, () => field('passthrough_module', passthrough?.module ?? '')),
    ['is_skipped', task.has('skip')],
    ['score', score],
    ['required_score', task.results.requiredScore ?? 0],
    ['action', action.name],
    ...when(action.type === 'rewrite subject', () => field('subject', rewrittenSubject(scanned, rules.subject))),
    ...when(action.type === 'discard' || action.type === 'quarantine', () => field('reject', action.type)),
  ];
}

function thresholds({ task }: Scanned): Field[] {
  return task.results.limits
    .toReversed()
    .filter(isReachable)
    .map(({ name, threshold }) => field(name, threshold ?? 0));
}

function symbolsOf({ task }: Scanned, shape: ReplyShape): Field[] {
  return [...task.results.symbols.values()]
    .filter(({ hidden }) => !hidden)
    .map(({ name, score, definition, options }) =>
      field(
        name,
        object([
          ['name', name],
          ['score', score],
          ...when(shape === 'modern', () => field('metric_score', definition?.score ?? 0)),
          ...when(definition?.description !== undefined, () => field('description', definition?.description ?? '')),
          ...when(options.size > 0, () => field('options', [...options])),
        ]),
      ),
    );
}

function groupsOf({ task }: Scanned, { publicGroupsOnly }: ReplyRules): Field[] {
  return [...task.results.groupScores]
    .filter(([group]) => group.public || !publicGroupsOnly)
    .map(([group, score]) =>
      field(
        group.name,
        object([
          ['score', score],
          ...when(group.description !== undefined, () => field('description', group.description ?? '')),
        ]),
      ),
    );
}

function messagesOf({ task, verdict }: Scanned): ReadonlyMap<string, string> {
  const message = verdict.passthrough?.message;
  if (message === undefined || task.reply.messages.has('smtp_message')) return task.reply.messages;
  return new Map([...task.reply.messages, ['smtp_message', message]]);
}

/** Both lists or none. */
function urlsOf({ task }: Scanned): Field[] {
  if (task.has('empty')) return [];
  const all = [...task.message.urls];
  if (all.length === 0) return [];
  const web = all.filter(({ isMail }) => !isMail);
  const mails = all.filter(({ isMail, parts }) => isMail && parts.user !== '' && parts.host !== '');
  const hosts = new Set(web.flatMap(({ host }) => (host === '' ? [] : [toText(host)])));
  return [
    ['urls', task.has('ext_urls') ? web.map((url) => urlValue(url, new Set())) : [...hosts]],
    ['emails', mails.map(({ parts }) => toText(`${parts.user}@${parts.host}`))],
  ];
}

function urlValue(url: Url, seen: Set<Url>): ReplyObject {
  seen.add(url);
  const { linked } = url;
  return object([
    ['url', toText(url.text)],
    ...when(url.tld !== '', () => field('tld', toText(url.tld))),
    ...when(url.host !== '', () => field('host', toText(url.host))),
    ['flags', url.flagNames],
    ...(linked !== undefined && !seen.has(linked) ? [field('linked_url', urlValue(linked, seen))] : []),
  ]);
}

function milterValue({ addHeaders, removeHeaders }: MilterEdits): ReplyObject {
  const added = [...addHeaders].map(([name, list]) => {
    const values = list.map(addedValue);
    return field(name, values.length === 1 ? (values[0] as ReplyValue) : values);
  });
  const removed = [...removeHeaders].map(([name, which]) =>
    field(name, typeof which === 'number' ? BigInt(which) : which.map(BigInt)),
  );
  return object([
    ...when(removed.length > 0, () => field('remove_headers', object(removed))),
    ...when(added.length > 0, () => field('add_headers', object(added))),
  ]);
}

function addedValue({ value, order }: AddedHeader): ReplyValue {
  if (order === undefined) return value;
  return object([
    ['value', value],
    ['order', BigInt(order)],
  ]);
}
