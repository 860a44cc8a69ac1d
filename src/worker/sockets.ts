import type { Listener } from '../config/index.ts';
import { type OpenSocket, openListener, setPermissions } from './listen.ts';

/** Sockets that the main process holds, by what their lines say: shared by sections and kept over a reload. */
export class SocketTable {
  readonly #open = new Map<string, readonly OpenSocket[]>();
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** @throws ListenError */
  async get(listener: Listener): Promise<readonly OpenSocket[]> {
    const key = keyOf(listener);
    const known = this.#open.get(key);
    if (known !== undefined) {
      if (listener.kind === 'unix') setPermissions(listener);
      return known;
    }
    const sockets = await openListener(listener, this.#env);
    this.#open.set(key, sockets);
    return sockets;
  }

  /** Closes whatever none of these listeners names. */
  keepOnly(listeners: readonly Listener[]): void {
    const wanted = new Set(listeners.map(keyOf));
    for (const [key, sockets] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      for (const socket of sockets) socket.close();
    }
  }

  closeAll(): void {
    this.keepOnly([]);
  }
}

/** What makes two lines the same socket: not how and where they are written, nor whether they ask for TLS. */
function keyOf(listener: Listener): string {
  switch (listener.kind) {
    case 'inet':
      return JSON.stringify([listener.host ?? null, listener.families, listener.port]);
    case 'unix':
      return JSON.stringify(listener.path);
    case 'systemd':
      return JSON.stringify([listener.id]);
  }
}
