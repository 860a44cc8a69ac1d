import type { LogLevel } from '../../message/log.ts';
import type { ScanReply, ScanResult } from '../../message/scan.ts';
import { actionBit, type Edit, type Verdict } from '../../wire/milter/index.ts';
import { additions, HeaderCounts, isObject, removals, replaceHeader, signatures } from './header-edits.ts';
import { headerValue, isHeaderName } from './header-value.ts';
import type { ActionKind, MilterOptions } from './options.ts';
import { oneLine, replyText } from './reply-text.ts';
import { type ToBytes, toBytesOf } from './result-text.ts';

/** A line for the log; `fn` names the place as Rspamd's lines do. */
export interface Note {
  readonly level: LogLevel;
  readonly fn: string;
  readonly text: string;
}

export interface Decision {
  /** What it follows from; undefined where there was no action that could be followed. */
  readonly action: ActionKind | undefined;
  readonly edits: readonly Edit[];
  readonly verdict: Verdict;
  readonly notes: readonly Note[];
}

/** What a decision depends on besides the answer of the scanner. */
export interface DecisionContext {
  readonly options: MilterOptions;
  /** Action bits that were agreed on. */
  readonly actions: number;
  /** Whether header values start with their space. */
  readonly leadingSpace: boolean;
  /** Headers of the message in their order. */
  readonly headerNames: readonly string[];
}

type DecidingReply = Pick<ScanReply, 'result' | 'encoding' | 'rewritten'>;

/**
 * Turns the answer of a scanner into edits and one verdict
 * (rspamd: src/libserver/milter.c:rspamd_milter_send_task_results). An answer without a known action is a temporary
 * failure; edits that the MTA did not allow are left out.
 */
export function decide(reply: DecidingReply, context: DecisionContext): Decision {
  const { result } = reply;
  if (result === undefined) return tempfail('cannot find scan results');
  if (typeof result.action !== 'string') return tempfail('cannot find action in results');
  const toBytes = toBytesOf(reply.encoding);
  const kind = context.options.actions.get(toBytes(result.action));
  if (kind === undefined) return tempfail(`action ${result.action} has not been registered`);
  return new Decider(context, result, kind, toBytes).decide(reply.rewritten);
}

const resultsPlace = 'rspamd_milter_send_task_results';
const blockPlace = 'rspamd_milter_process_milter_block';

/** A message that cannot be judged now, and why. */
export function tempfail(why: string): Decision {
  const note = { level: 'error', fn: resultsPlace, text: `${why}, tempfail` } as const;
  return { action: undefined, edits: [], verdict: { is: 'tempfail' }, notes: [note] };
}

const accept: Verdict = { is: 'accept' };
const discard: Verdict = { is: 'discard' };

/** One decision in the making. */
class Decider {
  readonly #context: DecisionContext;
  readonly #result: ScanResult;
  readonly #kind: ActionKind;
  readonly #toBytes: ToBytes;
  readonly #present: HeaderCounts;
  readonly #edits: Edit[] = [];
  readonly #notes: Note[] = [];
  #discards: boolean;
  #quarantines: boolean;
  #noAction = false;

  constructor(context: DecisionContext, result: ScanResult, kind: ActionKind, toBytes: ToBytes) {
    this.#context = context;
    this.#result = result;
    this.#kind = kind;
    this.#toBytes = toBytes;
    this.#present = new HeaderCounts(context.headerNames);
    this.#discards = context.options.discardOnReject;
    this.#quarantines = context.options.quarantineOnReject;
  }

  decide(rewritten: Buffer | undefined): Decision {
    const block = isObject(this.#result['milter']) ? this.#result['milter'] : {};
    this.#applyBlock(block);
    const marked = this.#kind === 'add header' && this.#markSpam(block['spam_header']);
    this.#add(signatures(this.#result['dkim-signature'], this.#toBytes));
    if (!marked && rewritten !== undefined && rewritten.length > 0)
      this.#edits.push({ is: 'replace-body', body: rewritten });
    const verdict = marked ? accept : this.#applyAction();
    return { action: this.#kind, edits: this.#allowed(), verdict, notes: this.#notes };
  }

  #applyBlock(block: Readonly<Record<string, unknown>>): void {
    const removed = removals(block['remove_headers'], this.#present);
    const added = additions(block['add_headers'], this.#present.total - removed.length, this.#toBytes);
    this.#add(removed);
    this.#add(added.edits);
    for (const name of added.skipped)
      this.#note('warning', blockPlace, `header ${name} of add_headers has no usable name or value`);
    if (typeof block['change_from'] === 'string') this.#address('change-sender', block['change_from']);
    for (const address of list(block['add_rcpt'])) this.#address('add-recipient', address);
    for (const address of list(block['del_rcpt'])) this.#address('delete-recipient', address);
    this.#override(block['reject']);
    this.#noAction = block['no_action'] === true;
  }

  #address(is: 'change-sender' | 'add-recipient' | 'delete-recipient', given: unknown): void {
    const usable =
      typeof given === 'string' && !/[\0-\x1f\x7f]/.test(given) && (given !== '' || is === 'change-sender');
    if (usable) this.#edits.push({ is, address: this.#toBytes(given) });
    else this.#note('warning', blockPlace, `${is}: ${JSON.stringify(given)} is not an address`);
  }

  /** Per message: `reject` of one result has nothing to do with the next message. */
  #override(reject: unknown): void {
    if (typeof reject !== 'string') return;
    if (reject === 'discard' || reject === 'quarantine') {
      if (reject === 'discard') this.#discards = true;
      else this.#quarantines = true;
      this.#note('info', blockPlace, `${reject} message instead of rejection`);
    } else {
      this.#discards = false;
      this.#quarantines = false;
    }
  }

  /** `milter.spam_header`: a value for the spam header, or name to value. Says whether there was one. */
  #markSpam(given: unknown): boolean {
    if (typeof given === 'string') {
      this.#replaceHeader(this.#context.options.spamHeader, this.#toBytes(given));
      return true;
    }
    if (!isObject(given)) return false;
    for (const [name, value] of Object.entries(given)) {
      if (isHeaderName(name)) this.#replaceHeader(name, typeof value === 'string' ? this.#toBytes(value) : '');
      else this.#note('warning', blockPlace, `spam_header: ${JSON.stringify(name)} is not a header name`);
    }
    return true;
  }

  /** Where the MTA lets us add headers but not change them, a mark beside older ones is better than none. */
  #replaceHeader(name: string, value: string): void {
    if (this.#may(actionBit.changeHeaders) || !this.#may(actionBit.addHeaders))
      this.#add(replaceHeader(name, value, this.#present));
    else if (value !== '') this.#edits.push({ is: 'add-header', name, value: headerValue(name, value) });
  }

  #applyAction(): Verdict {
    const { action } = this.#result;
    const { options } = this.#context;
    if (this.#noAction) {
      this.#note('info', resultsPlace, `do not apply action ${action}, no_action is set`);
      this.#edits.push({
        is: 'add-header',
        name: 'X-Rspamd-Action',
        value: headerValue('X-Rspamd-Action', this.#toBytes(action)),
      });
      return accept;
    }
    switch (this.#kind) {
      case 'reject':
        if (this.#discards) return discard;
        return this.#quarantines && this.#may(actionBit.quarantine) ? this.#quarantine() : this.#reject();
      case 'soft reject':
        return { is: 'reply', text: replyText(['451', '4.7.1'], this.#smtpMessage() ?? options.tempfailMessage) };
      case 'rewrite subject':
        this.#rewriteSubject();
        return accept;
      case 'add header':
        this.#replaceHeader(options.spamHeader, 'Yes');
        return accept;
      case 'discard':
        return discard;
      case 'quarantine':
        return this.#may(actionBit.quarantine) ? this.#quarantine() : this.#reject();
      case 'greylist':
      case 'no action':
      case 'custom':
        return accept;
    }
  }

  #reject(): Verdict {
    if (this.#kind === 'quarantine' || this.#quarantines)
      this.#note('warning', resultsPlace, 'the MTA does not let milters quarantine messages, reject instead');
    const text = this.#smtpMessage() ?? this.#context.options.rejectMessage;
    return { is: 'reply', text: replyText(['554', '5.7.1'], text) };
  }

  /** The MTA takes a quarantined message only with an accept behind. */
  #quarantine(): Verdict {
    const reason = oneLine(this.#smtpMessage() ?? this.#context.options.quarantineMessage);
    this.#edits.push({ is: 'quarantine', reason });
    return accept;
  }

  /** An empty value deletes the subject: what the original does with one that is no text. */
  #rewriteSubject(): void {
    const { subject } = this.#result;
    if (subject === undefined) return;
    const value = typeof subject === 'string' ? headerValue('Subject', this.#toBytes(subject)) : '';
    this.#edits.push({ is: 'change-header', index: 1, name: 'Subject', value });
  }

  /** A text that is no string counts as an empty one. */
  #smtpMessage(): string | undefined {
    const { messages } = this.#result;
    const text = isObject(messages) ? messages['smtp_message'] : undefined;
    if (text === undefined) return undefined;
    return typeof text === 'string' ? this.#toBytes(text) : '';
  }

  #add(edits: readonly Edit[]): void {
    for (const edit of edits) this.#edits.push(edit);
  }

  #may(bit: number): boolean {
    return (this.#context.actions & bit) !== 0;
  }

  #note(level: LogLevel, fn: string, text: string): void {
    this.#notes.push({ level, fn, text });
  }

  /** What of the edits the MTA allows, with a note on the rest. */
  #allowed(): Edit[] {
    const refused = new Map<Edit['is'], number>();
    const allowed = this.#edits.filter(({ is }) => {
      const may = this.#may(bitOf[is]);
      if (!may) refused.set(is, (refused.get(is) ?? 0) + 1);
      return may;
    });
    for (const [is, count] of refused)
      this.#note('warning', resultsPlace, `the MTA does not allow ${is}: ${count} edits left out`);
    return this.#context.leadingSpace ? allowed.map(spaced) : allowed;
  }
}

const bitOf: Readonly<Record<Edit['is'], number>> = {
  'add-header': actionBit.addHeaders,
  'insert-header': actionBit.addHeaders,
  'change-header': actionBit.changeHeaders,
  'change-sender': actionBit.changeSender,
  'add-recipient': actionBit.addRecipients,
  'delete-recipient': actionBit.deleteRecipients,
  'replace-body': actionBit.changeBody,
  quarantine: actionBit.quarantine,
};

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An MTA that keeps the leading space of values takes ours as they are, too. */
function spaced(edit: Edit): Edit {
  const hasValue = edit.is === 'add-header' || edit.is === 'insert-header' || edit.is === 'change-header';
  return hasValue && edit.value !== '' ? { ...edit, value: ` ${edit.value}` } : edit;
}
