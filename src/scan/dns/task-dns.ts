import { type DnsAnswer, type DnsType, notAsked, type TaskDns } from '../dns-answer.ts';
import { questionName } from './wire.ts';

/** Whoever answers questions without a limit. */
interface Asked {
  query<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>>;
}

/**
 * DNS of one task: no more questions than the limit allows, and none that outlives the task. What was asked before in the
 * same task is not asked again, but counts again (rspamd: src/libserver/dns.c:make_dns_request_task_common).
 */
export class LimitedDns implements TaskDns {
  readonly #resolver: Asked;
  readonly #limit: number;
  readonly #ends: number;
  readonly #asked = new Map<string, Promise<DnsAnswer>>();
  #count = 0;

  /** @param deadline milliseconds of `performance.now()` */
  constructor(resolver: Asked, limit: number, deadline: number) {
    this.#resolver = resolver;
    this.#limit = limit;
    this.#ends = deadline;
  }

  query<T extends DnsType>(name: string, type: T, forced = false): Promise<DnsAnswer<T>> {
    const key = `${type} ${name.toLowerCase()}`;
    if (questionName(name) === undefined) return this.#resolver.query(name, type);
    if (!forced && this.#count >= this.#limit) return Promise.resolve(failed(notAsked.limit));
    this.#count++;
    const known = this.#asked.get(key);
    if (known !== undefined) return known as Promise<DnsAnswer<T>>;
    const answer = this.#ask(name, type);
    this.#asked.set(key, answer);
    return answer;
  }

  async #ask<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> {
    const left = this.#ends - performance.now();
    if (left <= 0) return failed('query timed out');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<DnsAnswer<T>>((resolve) => {
      timer = setTimeout(() => resolve(failed('query timed out')), left);
    });
    const answer = await Promise.race([this.#resolver.query(name, type), late]);
    clearTimeout(timer);
    return answer;
  }
}

function failed<T extends DnsType>(error: string): DnsAnswer<T> {
  return { status: 'fail', records: [], error, cached: false };
}
