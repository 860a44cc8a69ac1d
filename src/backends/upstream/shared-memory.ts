import { randomBytes } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoopback, type Peer } from '../../message/peer.ts';
import type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
import type { WireReply } from './reply.ts';

/** Where shm_open(3) finds segments by their names. */
const segments = '/dev/shm';
const nothing = Buffer.alloc(0);

/**
 * Hands messages over in shared memory to scanners on this machine (`local`), as Rspamd does: the scanner opens a
 * segment by its name, readable for the user of both only, and nothing but the header goes through the socket
 * (rspamd: src/rspamd_proxy.c:proxy_send_master_message). Where no segment can be made the message is sent.
 */
export class SharedMemoryConnections implements Connections {
  readonly #inner: Connections;
  readonly #folder: string;

  /** @param folder for tests */
  constructor(inner: Connections, folder: string = segments) {
    this.#inner = inner;
    this.#folder = folder;
  }

  async exchange(endpoint: Peer, request: WireRequest, limits: ExchangeLimits): Promise<WireReply> {
    const { body, fields } = request;
    const name = isLoopback(endpoint) && body.length > 0 ? await this.#segment(body) : undefined;
    if (name === undefined) return this.#inner.exchange(endpoint, request, limits);
    const place = ['Shm', `/${name}`, 'Shm-Offset', '0', 'Shm-Length', `${body.length}`];
    try {
      const handed: WireRequest = { ...request, method: 'GET', fields: [...fields, ...place], body: nothing };
      return await this.#inner.exchange(endpoint, handed, limits);
    } finally {
      await unlink(join(this.#folder, name)).catch(() => {});
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #segment(body: Buffer): Promise<string | undefined> {
    const name = `rhm.${randomBytes(10).toString('hex')}`;
    const path = join(this.#folder, name);
    try {
      await writeFile(path, body, { flag: 'wx', mode: 0o600 });
      return name;
    } catch {
      // A part of it may be there where memory has run out.
      await unlink(path).catch(() => {});
      return undefined;
    }
  }
}
