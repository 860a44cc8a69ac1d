import { HeaderNames, sameName } from '../../message/header-names.ts';
import { formatPeer } from '../../message/peer.ts';
import type { ScanRequest } from '../../message/scan.ts';

/** Where the `Log-Tag` header comes from: the session id, the queue id of the MTA, or nowhere. */
export type LogTag = 'session' | 'queue_id' | 'none';

/** What the configuration says about requests to one upstream. Names and values are byte strings. */
export interface RequestRules {
  /** Replaces the client's Settings-ID. */
  readonly settingsId?: string | undefined;
  /** Each replaces the client's header of that name. */
  readonly extraHeaders: ReadonlyArray<readonly [name: string, value: string]>;
  readonly logTag: LogTag;
  /** Used where the client sent no User-Agent; empty for none. */
  readonly userAgent: string;
}

/** Framing and connection: ours to say, never the client's (rspamd: src/rspamd_proxy.c:proxy_client_finish_handler). */
const ofTheConnection = [
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  // Rspamd passes these on; but an Upgrade makes a scanner drop the message and judge an empty one.
  'upgrade',
  'expect',
  'te',
  'trailer',
  'proxy-connection',
];

const singular = [...ofTheConnection, 'ip'];

/** Makes the header of requests to a scanner (rspamd: src/rspamd_proxy.c:proxy_send_master_message). */
export class RequestWriter {
  readonly #rules: RequestRules;
  /** What is not copied from the client. */
  readonly #notCopied: HeaderNames;
  /** Fields that are the same in every request. */
  readonly #constant: readonly string[];
  /** None of ours is added. */
  readonly #otherUserAgent: boolean;

  constructor(rules: RequestRules) {
    const fixed = rules.extraHeaders.filter(([name]) => !singular.includes(name.toLowerCase()));
    const names = fixed.map(([name]) => name.toLowerCase());
    this.#rules = rules;
    this.#constant = [...(rules.settingsId === undefined ? [] : ['Settings-ID', rules.settingsId]), ...fixed.flat()];
    this.#notCopied = new HeaderNames([
      ...singular,
      ...names,
      ...(rules.settingsId === undefined ? [] : ['settings-id']),
    ]);
    this.#otherUserAgent = names.includes('user-agent') || rules.userAgent === '';
  }

  /** name, value, name, value …; without Host, Connection and Content-Length, which belong to the connection. */
  fields(request: ScanRequest): string[] {
    const given = request.headers.flat;
    const fields: string[] = [];
    let userAgent = this.#otherUserAgent;
    for (let at = 0; at < given.length; at += 2) {
      const name = given[at] as string;
      if (this.#notCopied.has(name)) continue;
      userAgent ||= sameName(name, 'User-Agent');
      fields.push(name, oneLine(given[at + 1] as string));
    }
    if (!userAgent) fields.push('User-Agent', this.#rules.userAgent);
    if (request.transport === 'milter') fields.push('Content-Type', 'text/plain');
    fields.push(...this.#constant);
    this.#addLogTag(request, fields);
    addAddress(request, fields);
    return fields;
  }

  /** Appended: a tag that the client sent stays in front of it, and counts. */
  #addLogTag(request: ScanRequest, fields: string[]): void {
    const { logTag } = this.#rules;
    if (logTag === 'none') return;
    const queueId = logTag === 'queue_id' ? request.headers.get('Queue-ID') : undefined;
    fields.push('Log-Tag', queueId === undefined ? request.sessionId : oneLine(queueId));
  }
}

/**
 * The client's own `IP`, else the address it came from. A milter client's address is the MTA's, which must not be
 * taken for the sender's: local addresses skip many checks.
 */
function addAddress(request: ScanRequest, fields: string[]): void {
  const given = request.headers.get('IP');
  if (given !== undefined) fields.push('IP', oneLine(given));
  else if (request.transport !== 'milter') fields.push('IP', formatPeer(request.peer));
}

/** A macro or an address of an SMTP session may hold line ends; they must not begin a header of their own. */
function oneLine(value: string): string {
  return /[\r\n\0]/.test(value) ? value.replace(/[\r\n\0]+/g, ' ') : value;
}
