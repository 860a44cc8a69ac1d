import { HttpError, malformed } from './errors.ts';
import type { Framing } from './framing.ts';
import { type Head, headText, parseHead } from './head.ts';
import { ByteStore } from './store.ts';

export interface ReaderLimits {
  /** Bytes of start line and header together. */
  readonly head: number;
  /** Bytes of a body, declared or received. */
  readonly body: number;
}

const NONE = Buffer.alloc(0);
const [CR, LF] = [13, 10];
/** Digits of a chunk size: more than any body that fits into memory needs. */
const CHUNK_SIZE_DIGITS = 13;
/** A chunk size with its extensions, or one field of a trailer. */
const CHUNK_LINE_BYTES = 8192;

/**
 * Cuts a byte stream into HTTP/1 messages. It is pulled: `push` bytes, then ask for the head; say how its body is
 * framed; then ask for the body. It owns no socket and no timer, and copies nothing where a message came in one piece.
 * Every fault is an HttpError, after which the stream cannot be used any more.
 */
export class MessageReader {
  readonly #limits: ReaderLimits;
  /** Bytes that nobody has consumed: a view of the last chunk, or gathered in `#waiting`. */
  #unread: Buffer = NONE;
  readonly #waiting = new ByteStore();
  /** How far the head was searched for its end. */
  #searched = 0;
  #body: Body | undefined;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  /** Whether bytes of a message have come that is not complete yet, or of another one behind it. */
  get busy(): boolean {
    return this.#body !== undefined || this.#unread.length > 0;
  }

  /** Bytes that came and were not consumed. */
  get unread(): number {
    return this.#unread.length;
  }

  push(chunk: Buffer): void {
    if (this.#unread.length === 0) {
      this.#unread = chunk;
      return;
    }
    // What is left of an earlier chunk is not in the store yet when it was a view.
    if (this.#waiting.length === 0) this.#waiting.append(this.#unread);
    this.#waiting.append(chunk);
    this.#unread = this.#waiting.view();
  }

  /** The next head; undefined while it is not complete. */
  head(): Head | undefined {
    this.#skipEmptyLines();
    const text = headText(this.#unread, Math.max(0, this.#searched - 3));
    const size = text?.length ?? this.#unread.length;
    if (size > this.#limits.head) {
      throw new HttpError('head too large', `request line and header are larger than ${this.#limits.head} bytes`);
    }
    this.#searched = size;
    if (text === undefined) return undefined;
    this.#consume(size);
    return parseHead(text);
  }

  /** Whether the head that is not complete yet may begin with `text` (ASCII), as far as its bytes have come. */
  mayBegin(text: string): boolean {
    return text.startsWith(this.#unread.toString('latin1', 0, Math.min(text.length, this.#unread.length)));
  }

  /** To be called after each head. */
  expect(framing: Framing): void {
    const limit = this.#limits.body;
    if (typeof framing === 'number') {
      if (framing > limit) throw bodyTooLarge(limit);
      this.#body = { left: framing, whole: undefined };
    } else {
      this.#body = { framing, store: new ByteStore(), left: 0, at: 'size' };
    }
  }

  /** The body that was expected; undefined while it is not complete. */
  body(): Buffer | undefined {
    const body = this.#body;
    if (body === undefined) throw new Error('no body was expected');
    const whole = 'store' in body ? this.#openBody(body) : this.#fixedBody(body);
    if (whole !== undefined) this.#body = undefined;
    return whole;
  }

  /**
   * The other end has closed. Gives the body that ends so, undefined where no message was begun.
   * Throws when a message is cut off.
   */
  end(): Buffer | undefined {
    if (this.#body !== undefined && 'store' in this.#body && this.#body.framing === 'until close') {
      const { store } = this.#body;
      this.#body = undefined;
      return store.take();
    }
    if (this.busy) throw malformed('the connection was closed in the middle of a message');
    return undefined;
  }

  #skipEmptyLines(): void {
    let at = 0;
    while (this.#unread[at] === CR || this.#unread[at] === LF) at++;
    if (at > 0) this.#consume(at);
  }

  #consume(count: number): void {
    // Nothing left: the chunk is let go.
    this.#unread = count === this.#unread.length ? NONE : this.#unread.subarray(count);
    this.#searched = 0;
    // The view stays good: a store that gave its bytes away begins anew.
    if (this.#waiting.length > 0) this.#waiting.take();
  }

  #fixedBody(body: FixedBody): Buffer | undefined {
    if (body.whole === undefined && this.#unread.length >= body.left) {
      const view = this.#unread.subarray(0, body.left);
      this.#consume(body.left);
      return view;
    }
    body.whole ??= { bytes: Buffer.allocUnsafeSlow(body.left), filled: 0 };
    const { whole } = body;
    const count = Math.min(this.#unread.length, whole.bytes.length - whole.filled);
    this.#unread.copy(whole.bytes, whole.filled, 0, count);
    whole.filled += count;
    this.#consume(count);
    return whole.filled === whole.bytes.length ? whole.bytes : undefined;
  }

  #openBody(body: OpenBody): Buffer | undefined {
    if (body.framing === 'until close') {
      this.#gather(body, this.#unread.length);
      return undefined;
    }
    while (body.at !== 'done') if (!this.#chunkStep(body)) return undefined;
    return body.store.take();
  }

  /** One step through a chunked body (RFC 9112, 7.1); false when it needs more bytes. */
  #chunkStep(body: OpenBody): boolean {
    if (body.at === 'data') {
      const count = Math.min(this.#unread.length, body.left);
      this.#gather(body, count);
      body.left -= count;
      if (body.left > 0) return false;
      body.at = 'data end';
      return true;
    }
    const line = this.#line();
    if (line === undefined) return false;
    if (body.at === 'size') {
      body.left = chunkSize(line);
      if (body.store.length + body.left > this.#limits.body) throw bodyTooLarge(this.#limits.body);
      body.at = body.left === 0 ? 'trailer' : 'data';
    } else if (body.at === 'data end') {
      if (line !== '') throw malformed('a chunk is longer than its size');
      body.at = 'size';
    } else if (line === '') {
      body.at = 'done';
    } else {
      // Fields of the trailer say nothing that a scanner or its client needs; their number is limited like a head.
      body.left += line.length;
      if (body.left > this.#limits.head) throw new HttpError('head too large', 'the trailer of a body is too large');
    }
    return true;
  }

  #gather(body: OpenBody, count: number): void {
    if (body.store.length + count > this.#limits.body) throw bodyTooLarge(this.#limits.body);
    if (count > 0) body.store.append(this.#unread.subarray(0, count));
    this.#consume(count);
  }

  #line(): string | undefined {
    const end = this.#unread.indexOf(LF);
    if ((end < 0 ? this.#unread.length : end) > CHUNK_LINE_BYTES) {
      throw malformed('a line of a chunked body does not end');
    }
    if (end < 0) return undefined;
    const line = this.#unread.toString('latin1', 0, this.#unread[end - 1] === CR ? end - 1 : end);
    this.#consume(end + 1);
    return line;
  }
}

interface FixedBody {
  readonly left: number;
  whole: { readonly bytes: Buffer; filled: number } | undefined;
}

interface OpenBody {
  readonly framing: 'chunked' | 'until close';
  readonly store: ByteStore;
  /** Bytes missing in the present chunk; in the trailer, bytes of it so far. */
  left: number;
  at: 'size' | 'data' | 'data end' | 'trailer' | 'done';
}

type Body = FixedBody | OpenBody;

function chunkSize(line: string): number {
  const digits = /^([0-9A-Fa-f]+)[ \t]*(?:;|$)/.exec(line)?.[1];
  if (digits === undefined || digits.length > CHUNK_SIZE_DIGITS) throw malformed('a bad chunk size');
  return Number.parseInt(digits, 16);
}

const bodyTooLarge = (limit: number): HttpError => new HttpError('body too large', `larger than ${limit} bytes`);
