import type { Backend, Tries } from '../../backends/index.ts';
import type { Compared } from '../../message/comparison.ts';
import { ScanError } from '../../message/errors.ts';
import type { Logger, LogLevel } from '../../message/log.ts';
import { contentOf, type ReplyContent, type ScanReply, type ScanRequest } from '../../message/scan.ts';
import type { Attempt } from '../../upstreams/index.ts';
import { failedAtOnce, failureText, noResult, unreadableResult } from './failure-text.ts';

/** Scanners that get copies of messages. */
export interface Mirror {
  readonly name: string;
  readonly backend: Backend;
  /** Share of the messages, from 0 to 1. */
  readonly probability: number;
  /** Cut off when the client has its answer. */
  readonly followMaster: boolean;
  /** Milliseconds for the copy; 0 leaves it the deadline of the message. */
  readonly timeout: number;
}

const [opening, failing, finishing] = [
  'proxy_open_mirror_connections',
  'proxy_backend_mirror_error_handler',
  'proxy_backend_mirror_finish_handler',
] as const;

/** One message on its way to one mirror: one try, whose end nobody but the comparison waits for. */
export class MirrorCopy implements Tries {
  readonly mirror: Mirror;
  readonly hosts: Attempt[] = [];
  readonly last = true;
  /** What became of it. Undefined while it is under way, and for ever where it was not really started. */
  compared: Compared | undefined;
  /** Milliseconds that it took. */
  took = 0;
  /** It came to nothing, and was not cut off. */
  hasFailed = false;
  /** Bytes of the reply that `compared` was read from. */
  size = 0;
  readonly #request: ScanRequest;
  readonly #logger: Logger;
  readonly #signal = { aborted: false };
  readonly #startedAt = performance.now();
  #ended: (() => void) | undefined;
  #host = '';

  constructor(mirror: Mirror, request: ScanRequest, logger: Logger) {
    this.mirror = mirror;
    this.#request = request;
    this.#logger = logger;
  }

  get running(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Resolves when nothing of it is left; does not reject.
   * @param ended called once, when it is known what became of it, unless it is abandoned
   */
  async run(ended: () => void): Promise<void> {
    this.#ended = ended;
    try {
      const reply = await this.mirror.backend.scan(this.#copy(), this);
      this.#answered(reply, await contentOf(reply));
    } catch (cause) {
      this.#failed(ScanError.from(cause));
    }
  }

  begun(host: string): void {
    this.#host = host;
    this.#log('info', opening, `send request to ${this.mirror.name}`);
  }

  /** The master's answer is there, and this one has had its time. */
  cut(): void {
    if (!this.running) return;
    this.#log('debug', 'proxy_close_follow_master_mirrors', `closing follow_master mirror ${this.mirror.name}`);
    this.#signal.aborted = true;
    this.#end(noResult);
  }

  /** Ends it without a word. */
  abandon(): void {
    this.#signal.aborted = true;
    this.#ended = undefined;
  }

  /** The client's going away does not end it, nor does the deadline of the client's answer. */
  #copy(): ScanRequest {
    const { transport, peer, target, headers, upstream, body, sessionId, deadline } = this.#request;
    const { timeout } = this.mirror;
    const until = timeout > 0 ? this.#startedAt + timeout : deadline;
    const signal = this.#signal;
    return { transport, peer, target, headers, upstream, body, sessionId, deadline: until, signal };
  }

  #answered(reply: ScanReply, content: ReplyContent): void {
    if (!this.running) return;
    const { name } = this.mirror;
    if (content.is === 'unreadable') {
      this.#log('warning', finishing, `cannot parse results from the mirror backend ${name}:${this.#address}`);
    }
    this.#log('info', finishing, `finished mirror connection to ${name}; HTTP code: ${reply.status}`);
    if (content.is === 'value') {
      this.size = reply.body.length;
      this.#end({ value: content.value, encoding: content.encoding });
    } else this.#end(content.is === 'unreadable' ? unreadableResult : noResult);
  }

  #failed(error: ScanError): void {
    if (!this.running) return;
    this.hasFailed = true;
    this.#end(this.#hasStarted(error) ? this.#failure(error) : undefined);
  }

  /** The original tells nobody of mirrors that it could not even begin to connect to. */
  #hasStarted(error: ScanError): boolean {
    const { name } = this.mirror;
    if (error.code === 'NO_LIVE_HOST') this.#log('error', opening, `cannot select upstream for ${name}`);
    else if (failedAtOnce(error, this.hosts[0]?.endpoint)) {
      this.#log('error', opening, `cannot connect upstream for ${name}: ${error.detail}`);
    } else return true;
    return false;
  }

  #failure(error: ScanError): string {
    const text = failureText(error);
    const shown = text === noResult ? error.message : text;
    const from = `${this.mirror.name}:${this.#host}`;
    this.#log('info', failing, `abnormally closing connection from backend: ${from}, error: ${shown}`);
    return text;
  }

  #end(compared: Compared | undefined): void {
    const ended = this.#ended;
    this.#ended = undefined;
    this.compared = compared;
    this.took = performance.now() - this.#startedAt;
    ended?.();
  }

  get #address(): string {
    const endpoint = this.hosts[0]?.endpoint;
    if (endpoint === undefined) return this.#host;
    return endpoint.kind === 'unix' ? endpoint.path : endpoint.address;
  }

  #log(level: LogLevel, fn: string, text: string): void {
    if (this.#logger.enabled(level, 'proxy')) this.#logger.log(level, 'proxy', fn, this.#request.sessionId, text);
  }
}
