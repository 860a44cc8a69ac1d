import { randomBytes } from 'node:crypto';
import type { DnsResolver } from '../../dns-answer.ts';
import type { DnsList } from './list.ts';

/** Milliseconds between two probes (rspamd: src/libserver/monitored.c). */
const interval = 60_000;
/** A probe takes no longer. */
const patience = 10_000;
/** So many probes in a row have to fail. */
const maxErrors = 2;

/**
 * Whether lists are fit to be asked: a name that must not exist is asked for now and then. One that is there means that
 * the list answers everybody alike, no answer that it is gone. The look is taken when somebody wants to know, and never
 * waited for.
 */
export class ListMonitor {
  readonly #resolver: DnsResolver;
  readonly #now: () => number;
  readonly #zones = new Map<string, { probed: number; errors: number }>();

  /** @param now milliseconds of a clock that does not jump */
  constructor(resolver: DnsResolver, now: () => number = () => performance.now()) {
    this.#resolver = resolver;
    this.#now = now;
  }

  isAlive({ zone, monitored }: DnsList): boolean {
    if (monitored === undefined) return true;
    let state = this.#zones.get(zone);
    if (state === undefined) {
      state = { probed: Number.NEGATIVE_INFINITY, errors: 0 };
      this.#zones.set(zone, state);
    }
    if (this.#now() - state.probed >= interval) {
      state.probed = this.#now();
      const prefix = monitored.random ? randomBytes(8).toString('hex') : monitored.prefix;
      void this.#probe(`${prefix}.${zone}`, state);
    }
    return state.errors < maxErrors;
  }

  async #probe(name: string, state: { errors: number }): Promise<void> {
    const { status } = await this.#resolver.forTask(performance.now() + patience).query(name, 'A');
    if (status === 'nxdomain' || status === 'nodata') state.errors = 0;
    else if (status === 'ok') state.errors = maxErrors;
    else state.errors++;
  }
}
