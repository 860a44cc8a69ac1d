import type { Socket } from 'node:net';
import type { Peer } from '../../message/peer.ts';
import type { HttpOptions } from './options.ts';
import { HttpSession } from './session.ts';

/**
 * The HTTP side of the proxy: native requests, and those of RSPAMC and SPAMC clients on the same port. Whoever listens
 * hands it the connections.
 */
export class HttpFrontend {
  readonly #options: HttpOptions;
  readonly #sessions = new Map<Socket, HttpSession>();
  #retiring = false;
  #whenEmpty: Array<() => void> = [];

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sessions.size;
  }

  /**
   * Serves a connection to its end; the socket's `close` event tells when that is.
   *
   * @param peer the other end; for a unix socket the path that was listened on
   */
  handleConnection(socket: Socket, peer: Peer): void {
    const session = new HttpSession(socket, peer, this.#options);
    this.#sessions.set(socket, session);
    if (this.#retiring) session.retire();
    socket.on('close', () => {
      this.#sessions.delete(socket);
      if (this.#sessions.size > 0) return;
      for (const resolve of this.#whenEmpty) resolve();
      this.#whenEmpty = [];
    });
  }

  /** Each connection ends with its next reply, or when it has rested for too long; resolves when none is left. */
  retire(): Promise<void> {
    this.#retiring = true;
    for (const session of this.#sessions.values()) session.retire();
    return this.#empty();
  }

  /** Lets messages under way finish, ends all other connections; resolves when the last one is closed. */
  drain(): Promise<void> {
    this.#retiring = true;
    for (const session of this.#sessions.values()) session.stop();
    return this.#empty();
  }

  #empty(): Promise<void> {
    return this.#sessions.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Ends all connections now. */
  destroy(): void {
    for (const socket of this.#sessions.keys()) socket.destroy();
  }
}
