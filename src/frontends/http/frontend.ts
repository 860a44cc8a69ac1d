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
  #emptied: (() => void) | undefined;

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
    this.#sessions.set(socket, new HttpSession(socket, peer, this.#options));
    socket.on('close', () => {
      this.#sessions.delete(socket);
      if (this.#sessions.size === 0) this.#emptied?.();
    });
  }

  /** Lets messages under way finish, ends all other connections; resolves when the last one is closed. */
  async close(): Promise<void> {
    for (const session of this.#sessions.values()) session.stop();
    if (this.#sessions.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  /** Ends all connections now. */
  destroy(): void {
    for (const socket of this.#sessions.keys()) socket.destroy();
  }
}
