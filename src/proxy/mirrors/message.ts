import type { Budget, Losses } from '../../message/budget.ts';
import type { Compared, Comparison, ComparisonListener } from '../../message/comparison.ts';
import type { Logger } from '../../message/log.ts';
import { contentOf, type ScanReply, type ScanRequest } from '../../message/scan.ts';
import type { Watch } from '../observer.ts';
import type { MirrorCopy } from './copy.ts';

/** What the comparisons of a worker share. */
export interface Comparing {
  readonly listeners: readonly ComparisonListener[];
  /** Bounds the results that wait for slower ones. */
  readonly memory: Budget;
  readonly losses: Losses;
  readonly logger: Logger;
}

/** Rspamd: src/libserver/logger.h:RSPAMD_LOG_ID_LEN */
const tagLength = 6;

/** One message and its copies; waits for the last of them, then tells what each made of it. */
export class MirroredMessage implements Watch {
  readonly #comparing: Comparing;
  readonly #about: Pick<Comparison, 'sessionId' | 'tag' | 'when' | 'queueId'>;
  readonly #startedAt = performance.now();
  readonly #copies: MirrorCopy[] = [];
  readonly #taken: number[] = [];
  /** The master and the copies that are under way. */
  #waitingFor = 1;
  #master: { readonly reply: ScanReply; readonly took: number } | undefined;
  /** No comparison will come of it. */
  #givenUp: boolean;

  constructor(request: ScanRequest, comparing: Comparing) {
    const { sessionId, headers } = request;
    this.#comparing = comparing;
    this.#givenUp = comparing.listeners.length === 0;
    this.#about = {
      sessionId,
      tag: sessionId.slice(0, tagLength),
      when: Date.now(),
      queueId: this.#givenUp ? undefined : headers.get('Queue-ID'),
    };
  }

  /** Starts a copy. Resolves when nothing of it is left. */
  start(copy: MirrorCopy): Promise<void> {
    this.#copies.push(copy);
    this.#waitingFor++;
    return copy.run(() => {
      this.#hold(copy.size);
      if (this.#givenUp) copy.compared = undefined;
      this.#ended();
    });
  }

  answered(reply: ScanReply): void {
    this.#hold(reply.body.length);
    if (!this.#givenUp) this.#master = { reply, took: performance.now() - this.#startedAt };
    this.#masterEnded();
  }

  failed(): void {
    this.#giveUp();
    this.#masterEnded();
  }

  #masterEnded(): void {
    for (const copy of this.#copies) if (copy.mirror.followMaster) copy.cut();
    this.#ended();
  }

  #ended(): void {
    if (--this.#waitingFor > 0 || this.#givenUp) return;
    // Not now: the answer is on its way to the client.
    setImmediate(() => void this.#compare());
  }

  #hold(bytes: number): void {
    if (this.#givenUp || bytes === 0) return;
    if (this.#comparing.memory.take(bytes)) {
      this.#taken.push(bytes);
      return;
    }
    this.#comparing.losses.add();
    this.#giveUp();
  }

  #giveUp(): void {
    this.#givenUp = true;
    this.#master = undefined;
    for (const copy of this.#copies) copy.compared = undefined;
    for (const bytes of this.#taken.splice(0)) this.#comparing.memory.giveBack(bytes);
  }

  async #compare(): Promise<void> {
    try {
      const comparison = await this.#comparison();
      if (comparison !== undefined) this.#tell(comparison);
    } catch (cause) {
      this.#report(cause);
    }
    this.#giveUp();
  }

  async #comparison(): Promise<Comparison | undefined> {
    const master = this.#master;
    const content = master && (await contentOf(master.reply));
    if (master === undefined || content?.is !== 'value') return undefined;
    const { value, encoding } = content;
    const results = new Map<string, Compared>([['master', { value, encoding }]]);
    const times = new Map([['master', master.took]]);
    for (const { mirror, compared, took } of this.#copies) {
      if (compared === undefined) continue;
      results.set(mirror.name, compared);
      times.set(mirror.name, took);
    }
    const bytes = this.#taken.reduce((sum, one) => sum + one, 0);
    return { ...this.#about, results, times, bytes };
  }

  #tell(comparison: Comparison): void {
    const alone = comparison.results.size === 1;
    for (const listener of this.#comparing.listeners) {
      if (alone && !listener.alone) continue;
      try {
        listener.compared(comparison);
      } catch (cause) {
        this.#report(cause);
      }
    }
  }

  #report(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const { sessionId } = this.#about;
    this.#comparing.logger.log('error', 'proxy', 'compare', sessionId, `cannot compare results: ${why}`);
  }
}
