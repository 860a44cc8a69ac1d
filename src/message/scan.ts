import type { ReadonlyHeaders } from './headers.ts';
import type { Peer } from './peer.ts';

/** How a request reached us; `milter` requests were put together from an SMTP session. */
export type Transport = 'milter' | 'http' | 'rspamc' | 'spamc';

/**
 * One message to be judged, whatever protocol brought it. Immutable: the same object goes to the backend, to every
 * retry and to every observer.
 */
export interface ScanRequest {
  readonly transport: Transport;
  /** The accepted socket's other end; not necessarily the SMTP client, which the `IP` header names. */
  readonly peer: Peer;
  /** Request target as the client wrote it (path and query), `/checkv2` where the protocol has none. */
  readonly target: string;
  /** What describes the message (`From`, `Rcpt`, `IP` …); framing headers of the transport are not among them. */
  readonly headers: ReadonlyHeaders;
  /** Name of the wanted upstream (the client's `Host`), undefined where the client named none. */
  readonly upstream: string | undefined;
  /** The message, bytes as received. */
  readonly body: Buffer;
  /** 16 hex digits; the log shows the first six. */
  readonly sessionId: string;
  /** When an answer is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** `aborted` becomes true when the client went away. It is asked now and then: an AbortSignal will do, and so will less. */
  readonly signal: { readonly aborted: boolean };
}

/** The answer to a ScanRequest: what came over the wire, and what it means where that is known. */
export interface ScanReply {
  readonly status: number;
  readonly reason: string;
  /** Without framing and hop-by-hop headers. */
  readonly headers: ReadonlyHeaders;
  /** The whole body, decompressed and decrypted; where `rewritten` is set, the result and the new message together. */
  readonly body: Buffer;
  /** The parsed verdict; undefined where the body is not one (a front end that needs it answers with a failure). May be read when it is first asked for. */
  readonly result: ScanResult | undefined;
  /** Gives the bytes of a text in `result` back: `Buffer.from(text, encoding)`. `latin1` where the body is no UTF-8. */
  readonly encoding: 'utf8' | 'latin1';
  /** The message as changed by the scanner (`Message-Offset`), undefined where it stays as it is. */
  readonly rewritten: Buffer | undefined;
  /** For those who compare replies; left out where it is `result` and nothing else. A promise where a script is still reading it. */
  readonly content?: ReplyContent | Promise<ReplyContent>;
}

/** What the body of a reply holds. Any object or list can be compared, but only one with an `action` is a verdict. */
export type ReplyContent =
  | { readonly is: 'value'; readonly value: unknown; readonly encoding: ScanReply['encoding'] }
  /** There should be a value, and it cannot be read. */
  | { readonly is: 'unreadable' }
  /** Of a type that is not looked into. */
  | { readonly is: 'unknown' };

export function contentOf({ content, result, encoding }: ScanReply): ReplyContent | Promise<ReplyContent> {
  if (content !== undefined) return content;
  return result === undefined ? { is: 'unknown' } : { is: 'value', value: result, encoding };
}

/**
 * A verdict as JSON gives it (rspamd: src/libserver/protocol.c:rspamd_protocol_write_ucl). Nothing but `action` can be
 * relied on; every reader checks the type of what it takes.
 */
export interface ScanResult {
  readonly action: string;
  readonly [key: string]: unknown;
}

/** Answers a request or rejects with a ScanError; the one thing a front end knows of what lies behind it. */
export type Scan = (request: ScanRequest) => Promise<ScanReply>;
