import { HeaderNames } from '../../message/header-names.ts';
import type { Headers, ReadonlyHeaders } from '../../message/headers.ts';
import type { ReplyContent, ScanReply } from '../../message/scan.ts';
import { type ResultReader, resultReader, verdictIn } from '../result.ts';

/** A complete reply as it came over the wire. */
export interface WireReply {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyHeaders;
  /** Without framing. */
  readonly body: Buffer;
}

/** Framing, and what speaks of this connection or this scanner only. */
const ownHeaders = new HeaderNames([
  'content-length',
  'transfer-encoding',
  'trailer',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'server',
  'key',
]);

const usualReader = resultReader();

/**
 * What a reply means. One that is no verdict is a reply all the same: an HTTP client gets it as it is. The verdict is
 * read when somebody asks for it, once: for a message that just goes through this would be the largest piece of work.
 */
export class UpstreamReply implements ScanReply {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly rewritten: Buffer | undefined;
  readonly #contentType: string | undefined;
  readonly #offset: number | undefined;
  readonly #read: ResultReader;
  #content: ReplyContent | undefined;

  constructor({ status, reason, headers, body }: WireReply, read: ResultReader = usualReader) {
    this.status = status;
    this.reason = reason;
    this.headers = headers.without(ownHeaders);
    this.body = body;
    this.#read = read;
    this.#contentType = headers.get('Content-Type');
    this.#offset = messageOffset(headers.get('Message-Offset'), body.length);
    this.rewritten = this.#offset === undefined ? undefined : body.subarray(this.#offset);
  }

  get result(): ScanReply['result'] {
    return verdictIn(this.content);
  }

  get encoding(): ScanReply['encoding'] {
    const { content } = this;
    return content.is === 'value' ? content.encoding : 'utf8';
  }

  get content(): ReplyContent {
    this.#content ??= this.#read(this.#contentType, this.body.subarray(0, this.#offset));
    return this.#content;
  }
}

/** Where the rewritten message begins; what is no number or lies behind the end is ignored, as in Rspamd. */
function messageOffset(value: string | undefined, length: number): number | undefined {
  if (value === undefined || !/^ *\d+ *$/.test(value)) return undefined;
  const offset = Number(value);
  return offset < length ? offset : undefined;
}
