import { type Logger, silentLogger } from '../message/log.ts';
import type { Attempt, Outcome } from './attempt.ts';
import { pick } from './choose.ts';
import { type HealthEvent, record } from './health.ts';
import type { HostsSpec } from './hosts.ts';
import type { Limits, TokenBucket } from './limits.ts';
import type { Lookup } from './lookup.ts';
import type { Ask } from './policy.ts';
import {
  applyAddresses,
  applyService,
  type Change,
  dueQuestions,
  lookupFailed,
  nextQuestionAt,
  type Question,
  resolveAll,
} from './resolution.ts';
import { createList, type UpstreamList } from './state.ts';
import { type HostStatus, statusOf } from './status.ts';

export interface GroupSettings {
  /** The upstream's or mirror's name in the configuration, for the log. */
  readonly name: string;
  readonly hosts: HostsSpec;
  /** Present where the upstream has such a block: it replaces the rotation of `hosts`. */
  readonly tokenBucket?: TokenBucket | undefined;
  readonly limits?: Limits | undefined;
  /** Shared by all groups; who made it closes it. */
  readonly lookup: Lookup;
  readonly log?: Logger | undefined;
  /** Milliseconds; `performance.now` unless a test brings its own. */
  readonly now?: (() => number) | undefined;
  /** `Math.random` likewise. */
  readonly random?: (() => number) | undefined;
}

/**
 * The hosts of one `upstream` or `mirror`: hands them out, learns from what became of them, keeps their addresses up to
 * date and tells the log. What it decides is in choose.ts and health.ts; it adds the clock, a timer and the resolver.
 */
export class UpstreamGroup {
  readonly name: string;
  /** Every name has been looked up once, successfully or not. Until then a host may be missing, which is no error. */
  readonly ready: Promise<void>;
  readonly #list: UpstreamList;
  readonly #lookup: Lookup;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(settings: GroupSettings) {
    this.name = settings.name;
    this.#lookup = settings.lookup;
    this.#log = settings.log ?? silentLogger;
    this.#now = settings.now ?? (() => performance.now());
    this.#random = settings.random ?? Math.random;
    this.#list = createList(settings.hosts, settings, this.#now());
    this.ready = this.#maintain();
  }

  /** Chooses a host. Undefined: none can be used now, and asking again for the same message is of no use. */
  pick(about: Omit<Ask, 'now' | 'random'> = {}): Attempt | undefined {
    const { client, key, bytes, tried, last } = about;
    return pick(this.#list, { now: this.#now(), random: this.#random, client, key, bytes, tried, last });
  }

  /** Whether a host that is held for dead may be found to live at any moment. */
  get recovering(): boolean {
    return this.#list.dead.length > 0;
  }

  /**
   * What became of an attempt; every attempt is reported once.
   * @param reason for the log, what failed (`connect ECONNREFUSED 127.0.0.1:11333`)
   */
  report(attempt: Attempt, outcome: Outcome, reason = ''): void {
    const event = record(this.#list, attempt, outcome, this.#now(), this.#random);
    if (event !== undefined) this.#tell(event, reason);
    // A failure may have brought a look-up forward.
    if (outcome === 'fail') this.#schedule();
  }

  /** Looks every name up again now. */
  resolveNow(): void {
    resolveAll(this.#list, this.#now());
    this.#schedule();
  }

  status(): HostStatus[] {
    return statusOf(this.#list, this.#now());
  }

  /** No more look-ups, no timer. Attempts under way may still be reported. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #maintain(): Promise<void> {
    const answers = dueQuestions(this.#list, this.#now()).map((question) => this.#answer(question));
    this.#schedule();
    await Promise.all(answers);
  }

  async #answer(question: Question): Promise<void> {
    try {
      const change = await this.#ask(question);
      if (change !== undefined) this.#tellChange(question, change);
    } catch (cause) {
      if (this.#closed) return;
      this.#tellFailure(question, cause);
    }
    // Targets of a service have names of their own to be looked up.
    await this.#maintain();
  }

  async #ask(question: Question): Promise<Change | undefined> {
    if (question.is === 'service') {
      const answer = await this.#lookup.service(question.name);
      if (this.#closed) return undefined;
      return applyService(this.#list, question.service, answer, this.#now(), this.#random);
    }
    const answer = await this.#lookup.addresses(question.name);
    if (this.#closed) return undefined;
    return applyAddresses(this.#list, question.member, answer, this.#now(), this.#random);
  }

  #schedule(): void {
    const at = nextQuestionAt(this.#list);
    if (this.#closed || at === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const run = (): void => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      void this.#maintain();
    };
    // A timer fires up to a millisecond early by performance.now().
    this.#timer = setTimeout(run, Math.min(Math.max(0, at - this.#now()) + 1, 0x7fffffff));
    this.#timer.unref();
  }

  #tell(event: HealthEvent, reason: string): void {
    const host = `host ${event.member.name} of upstream ${this.name}`;
    const because = reason === '' ? '' : `: ${reason}`;
    if (event.is === 'down')
      this.#say(
        'info',
        'mark_down',
        `${host} is down after ${event.errors} failures in ${seconds(event.over)}${because}`,
      );
    else if (event.is === 'up') this.#say('info', 'mark_up', `${host} is back after ${seconds(event.after)}`);
    else this.#say('debug', 'probe_failed', `${host} is still down, next trial in ${seconds(event.nextIn)}${because}`);
  }

  #tellChange({ name }: Question, { added, removed }: Change): void {
    if (added.length === 0 && removed.length === 0) return;
    const changes = [...added.map((one) => `+${one}`), ...removed.map((one) => `-${one}`)].join(' ');
    this.#say('info', 'resolve', `${name} of upstream ${this.name} resolved: ${changes}`);
  }

  #tellFailure(question: Question, cause: unknown): void {
    const resolution = question.is === 'service' ? question.service.resolution : question.member.resolution;
    if (resolution === undefined) return;
    lookupFailed(resolution, this.#now(), this.#random);
    const known = question.is === 'service' ? question.service.members : question.member.addresses;
    const consequence =
      known.length > 0 ? 'what was known of it stays in use' : 'it gets no messages until it resolves';
    // Once, not with every repetition.
    const level = resolution.failures === 1 ? 'warning' : 'debug';
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#say(level, 'resolve', `cannot resolve ${question.name} of upstream ${this.name} (${why}); ${consequence}`);
  }

  #say(level: 'warning' | 'info' | 'debug', fn: string, message: string): void {
    if (this.#log.enabled(level, 'upstream')) this.#log.log(level, 'upstream', fn, '', message);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
