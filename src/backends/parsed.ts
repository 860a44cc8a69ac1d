import type { ReplyContent, ScanReply, ScanRequest } from '../message/scan.ts';
import type { Backend, Tries } from './backend.ts';
import { verdictIn } from './result.ts';

/** Reads an answer by other means than its type says: with a script of the operator. Does not reject. @param body without a rewritten message */
export type Parse = (body: Buffer, sessionId: string) => Promise<ReplyContent>;

/** Asks a backend and has its answers read by `parse`. */
export class ParsedBackend implements Backend {
  readonly name: string;
  readonly #inner: Backend;
  readonly #parse: Parse;

  constructor(inner: Backend, parse: Parse) {
    this.name = inner.name;
    this.#inner = inner;
    this.#parse = parse;
  }

  /** An HTTP client gets the answer as it came and does not wait until it is read. */
  async scan(request: ScanRequest, tries: Tries): Promise<ScanReply> {
    const reply = await this.#inner.scan(request, tries);
    const { body, rewritten } = reply;
    const parsing = this.#parse(body.subarray(0, body.length - (rewritten?.length ?? 0)), request.sessionId);
    return withContent(reply, request.transport === 'http' ? parsing : await parsing);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function withContent(reply: ScanReply, content: ReplyContent | Promise<ReplyContent>): ScanReply {
  const { status, reason, headers, body, rewritten } = reply;
  const known = content instanceof Promise ? undefined : content;
  const result = known && verdictIn(known);
  const encoding = known?.is === 'value' ? known.encoding : 'utf8';
  return { status, reason, headers, body, rewritten, result, encoding, content };
}
