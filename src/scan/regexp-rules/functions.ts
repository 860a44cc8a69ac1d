import { hasOnlyHtml, isSorted, looksGenerated, walkedParts } from '../builtin/index.ts';
import { type ByteString, fromText, lowerAscii, type MimePart } from '../message/index.ts';
import { Subject } from '../regexp/index.ts';
import type { Task, TaskFlag } from '../task.ts';
import type { Argument } from './atom.ts';

type RuleFunction = (task: Task, args: readonly Argument[]) => boolean;

/** Functions that rules can call (rspamd: src/libmime/mime_expressions.c, rspamd_functions_list). */
export const ruleFunctions: ReadonlyMap<string, RuleFunction> = new Map<string, RuleFunction>([
  ['header_exists', ({ message }, [name]) => message.has(name?.text ?? '')],
  ['raw_header_exists', ({ message }, [name]) => message.has(name?.text ?? '')],
  ['content_type_is_type', (task, [wanted]) => walkedParts(task).some(({ type }) => matches(wanted, type.type))],
  ['content_type_is_subtype', (task, [wanted]) => walkedParts(task).some(({ type }) => matches(wanted, type.subtype))],
  ['content_type_has_param', (task, [name]) => walkedParts(task).some((part) => paramOf(part, name) !== undefined)],
  ['content_type_compare_param', compareParam],
  ['compare_transfer_encoding', compareEncoding],
  ['is_empty_body', ({ message }) => message.parts.every(({ content }) => content.length === 0)],
  ['has_html_tag', (task, [tag]) => hasTag(task, tag?.text ?? '')],
  [
    'has_fake_html',
    ({ message }) => message.textParts.some(({ isHtml, html }) => isHtml && (html?.tags.length ?? 0) < 2),
  ],
  ['has_only_html_part', hasOnlyHtml],
  ['has_content_part', (task, [type, subtype]) => hasPart(task, type, subtype, 0, Number.POSITIVE_INFINITY)],
  ['has_content_part_len', hasPartOfLength],
  ['compare_parts_distance', compareDistance],
  ['compare_recipients_distance', looksGenerated],
  ['is_recipients_sorted', isSorted],
  ['is_html_balanced', () => true],
  ['check_smtp_data', checkEnvelope],
  ['has_flag', (task, [flag]) => flag !== undefined && task.has(flag.text as TaskFlag)],
  ['has_symbol', ({ results }, [symbol]) => symbol !== undefined && results.has(symbol.text)],
]);

function matches(wanted: Argument | undefined, text: ByteString): boolean {
  if (wanted === undefined) return false;
  return wanted.regexp === undefined
    ? lowerAscii(wanted.text) === lowerAscii(text)
    : wanted.regexp.test(new Subject(text));
}

function paramOf({ type }: MimePart, name: Argument | undefined): ByteString | undefined {
  const key = lowerAscii(name?.text ?? '');
  if (key === 'charset') return type.charset || undefined;
  if (key === 'boundary') return type.boundary || undefined;
  return type.params.get(key);
}

function compareParam(task: Task, [name, wanted]: readonly Argument[]): boolean {
  return walkedParts(task).some((part) => {
    const value = paramOf(part, name);
    return value !== undefined && matches(wanted, value);
  });
}

const encodings: Readonly<Record<string, string>> = {
  base64: 'base64',
  'quoted-printable': 'quoted-printable',
  qp: 'quoted-printable',
  '7bit': '7bit',
  '8bit': '8bit',
  binary: '8bit',
};

function compareEncoding({ message }: Task, [wanted]: readonly Argument[]): boolean {
  const encoding = encodings[lowerAscii(wanted?.text ?? '')];
  return encoding !== undefined && message.textParts.some(({ part }) => part.encoding === encoding);
}

function hasTag({ message }: Task, tag: string): boolean {
  return message.textParts.some(({ isHtml, html }) => isHtml && html?.hasTag(tag.toLowerCase()) === true);
}

function hasPart(
  { message }: Task,
  type: Argument | undefined,
  subtype: Argument | undefined,
  min: number,
  max: number,
): boolean {
  return message.parts.some(
    (part) =>
      matches(type, part.type.type) &&
      (subtype === undefined || matches(subtype, part.type.subtype)) &&
      part.content.length >= min &&
      part.content.length <= max,
  );
}

function hasPartOfLength(task: Task, [type, subtype, min, max]: readonly Argument[]): boolean {
  return hasPart(task, type, subtype, Number(min?.text ?? 0), Number(max?.text ?? 0) || Number.POSITIVE_INFINITY);
}

/** Per cent in which the texts agree: no more than one number, or between two. */
function compareDistance({ message }: Task, [first, second]: readonly Argument[]): boolean {
  const { partsDistance } = message;
  if (partsDistance === undefined) return false;
  const alike = (1 - partsDistance.distance) * 100;
  const one = Number(first?.text ?? 100);
  const other = Number(second?.text ?? -1);
  return other > 0 ? alike >= Math.min(one, other) && alike < Math.max(one, other) : alike <= one;
}

/** `check_smtp_data('from', /re/)`, of `from`, `helo`, `user`, `subject`, `rcpt`. */
function checkEnvelope({ visible, envelope, user, message }: Task, [what, wanted]: readonly Argument[]): boolean {
  const texts: Readonly<Record<string, readonly (ByteString | undefined)[]>> = {
    from: [visible.sender?.addr],
    helo: [envelope.helo],
    user: [user],
    subject: [message.subject === undefined ? undefined : fromText(message.subject)],
    rcpt: visible.recipients.map(({ addr }) => addr),
  };
  return (texts[lowerAscii(what?.text ?? '')] ?? []).some((text) => text !== undefined && matches(wanted, text));
}
