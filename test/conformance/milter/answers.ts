import { bodyOf, type HeaderEdit, headerEdit, isDeletion, meaning, type Packet, verdicts } from './packets.ts';
import { splitHttp } from './scanner-double.ts';
import type { Session } from './session-file.ts';

/** The answer of a scanner as far as these checks look at it. */
export interface Answer {
  readonly result: Readonly<Record<string, unknown>>;
  readonly newBody: Buffer | undefined;
}

/** What a recorded HTTP response says; undefined where no proxy could use it, or where its JSON is not plain. */
export function readAnswer(response: Buffer | undefined): Answer | undefined {
  if (response === undefined) return undefined;
  const { headers, body } = splitHttp(response);
  if (headers.get('Content-Type')?.toLowerCase() !== 'application/json') return undefined;
  const offset = Number(headers.get('Message-Offset') ?? Number.NaN);
  const cut = offset >= 0 && offset < body.length ? offset : undefined;
  try {
    const result = JSON.parse(body.subarray(0, cut).toString('latin1')) as Answer['result'];
    return { result, newBody: cut === undefined ? undefined : body.subarray(cut) };
  } catch {
    return undefined;
  }
}

/** Letters of the verdict, with the first digit of a reply code, that are right for an answer. */
export function allowedVerdicts(session: Session, answer: Answer | undefined): readonly string[] {
  const { config } = session;
  const block = objectOf(answer?.result['milter']);
  if (answer === undefined) return ['t', 'y4'];
  if (block['no_action'] === true && known.has(String(answer.result['action']))) return ['a'];
  switch (answer.result['action']) {
    case 'no action':
    case 'greylist':
    case 'add header':
    case 'rewrite subject':
    case 'mycustom':
      return ['a'];
    case 'soft reject':
      return ['y4'];
    case 'discard':
      return ['d'];
    case 'quarantine':
      return ['qa'];
    case 'reject': {
      const override = block['reject'];
      const off = typeof override === 'string' && override !== 'discard' && override !== 'quarantine';
      if (override === 'discard' || (config['discard_on_reject'] === true && !off)) return ['d'];
      return override === 'quarantine' || (config['quarantine_on_reject'] === true && !off) ? ['qa'] : ['y5'];
    }
    default:
      return ['t', 'y4'];
  }
}

const known = new Set([
  ...['no action', 'greylist', 'add header', 'rewrite subject', 'mycustom'],
  ...['soft reject', 'discard', 'quarantine', 'reject'],
]);

/** The verdict of a finished message in the words of `allowedVerdicts`. */
export function verdictWord(packets: readonly Packet[]): string {
  const last = packets.at(-1);
  if (last?.cmd === 'y') return `y${String.fromCharCode(last.payload[0] ?? 63)}`;
  return last?.cmd === 'a' && packets.some(({ cmd }) => cmd === 'q') ? 'qa' : (last?.cmd ?? 'nothing');
}

/**
 * What is wrong with the edits of one message whatever the recording shows: deletions of a name go from the last to the
 * first, every edit is asked for by the answer, and every edit that both the answer and the recording have is there.
 */
export function editProblems(
  session: Session,
  answer: Answer | undefined,
  got: readonly Packet[],
  recorded: readonly Packet[],
): string[] {
  const problems: string[] = [];
  const edits = got.filter(({ cmd }) => !verdicts.has(cmd) && cmd !== 'p');
  problems.push(...deletionOrder(edits));
  const wanted = wantedEdits(session, answer);
  const words = new Set(edits.map(meaning));
  for (const edit of edits) if (!wanted(edit)) problems.push(`nobody asked for ${JSON.stringify(meaning(edit))}`);
  for (const edit of recorded)
    if (!verdicts.has(edit.cmd) && wanted(edit) && !words.has(meaning(edit)))
      problems.push(`missing ${JSON.stringify(meaning(edit))}`);
  const newBody = edits.some(({ cmd }) => cmd === 'b') ? answer?.newBody : undefined;
  if (newBody !== undefined && !bodyOf(edits).equals(newBody)) problems.push('the new body is not that of the scanner');
  return problems;
}

function deletionOrder(edits: readonly Packet[]): string[] {
  const problems: string[] = [];
  let before: HeaderEdit | undefined;
  for (const edit of edits.map(headerEdit)) {
    const follows = isDeletion(edit) && isDeletion(before) && before.name.toLowerCase() === edit.name.toLowerCase();
    if (follows && (before?.index ?? 0) <= (edit.index ?? 0))
      problems.push(`header ${edit.name} ${edit.index} deleted after ${before?.index}`);
    before = edit;
  }
  return problems;
}

/** Whether an answer and the options ask for an edit of that kind and name at all. */
function wantedEdits({ config }: Session, answer: Answer | undefined): (edit: Packet) => boolean {
  const result = answer?.result ?? {};
  const block = objectOf(result['milter']);
  const names = (value: unknown): Set<string> =>
    new Set(Object.keys(objectOf(value)).map((name) => name.toLowerCase()));
  const spamHeader = String(config['spam_header'] ?? 'X-Spam').toLowerCase();
  const added = names(block['add_headers']);
  if (result['dkim-signature'] !== undefined) added.add('dkim-signature');
  if (block['no_action'] === true) added.add('x-rspamd-action');
  const changed = names(block['remove_headers']);
  if (result['action'] === 'add header')
    for (const name of [spamHeader, ...names(block['spam_header'])]) changed.add(name);
  if (result['action'] === 'rewrite subject') changed.add('subject');
  return (edit) => {
    const header = headerEdit(edit);
    if (header !== undefined) return (header.cmd === 'm' ? changed : added).has(header.name.toLowerCase());
    if (edit.cmd === 'b') return answer?.newBody !== undefined;
    if (edit.cmd === 'e') return typeof block['change_from'] === 'string';
    if (edit.cmd === '+') return Array.isArray(block['add_rcpt']);
    if (edit.cmd === '-') return Array.isArray(block['del_rcpt']);
    return edit.cmd === 'q';
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
