import type { Logger } from '../message/log.ts';
import type { Peer } from '../message/peer.ts';

export interface ConnectionLimits {
  /** Connections at the same time (`max_connections`); 0 for no limit. */
  readonly all: number;
  /** The same for one client address (`max_connections_per_source`); clients of unix sockets have none. */
  readonly perSource: number;
}

/** Counts connections and says which ones may come in (rspamd: src/rspamd_proxy.c:proxy_accept_socket). */
export class Admission {
  readonly #limits: ConnectionLimits;
  readonly #logger: Logger;
  readonly #sources = new Map<string, number>();
  #open = 0;

  constructor(limits: ConnectionLimits, logger: Logger) {
    this.#limits = limits;
    this.#logger = logger;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open;
  }

  /** @returns what to call when the connection has ended; undefined for one that must not come in */
  admit(peer: Peer): (() => void) | undefined {
    const { all, perSource } = this.#limits;
    const source = peer.kind === 'inet' ? peer.address : undefined;
    const fromSource = source === undefined ? 0 : (this.#sources.get(source) ?? 0);
    if (all > 0 && this.#open >= all) {
      this.#drop(peer, `the limit of ${all} simultaneous connections has been reached`);
      return undefined;
    }
    if (perSource > 0 && fromSource >= perSource) {
      this.#drop(peer, `the limit of ${perSource} simultaneous connections per source has been reached`);
      return undefined;
    }
    this.#open++;
    if (source !== undefined) this.#sources.set(source, fromSource + 1);
    return () => this.#leave(source);
  }

  #leave(source: string | undefined): void {
    this.#open--;
    if (source === undefined) return;
    const left = (this.#sources.get(source) ?? 0) - 1;
    if (left > 0) this.#sources.set(source, left);
    else this.#sources.delete(source);
  }

  #drop(peer: Peer, why: string): void {
    const from = peer.kind === 'inet' ? peer.address : peer.path;
    this.#logger.log('info', 'proxy', 'proxy_accept_socket', '', `drop connection from ${from}: ${why}`);
  }
}
