import { createClient, type RedisClientType } from '@redis/client';
import type { RedisSettings } from './settings.ts';

/** A connection to the first of some servers that can be reached. */
export class RedisConnection {
  readonly #servers: readonly string[];
  readonly #settings: RedisSettings;
  #client: Promise<RedisClientType> | undefined;

  constructor(servers: readonly string[], settings: RedisSettings) {
    this.#servers = servers;
    this.#settings = settings;
  }

  async client(): Promise<RedisClientType> {
    this.#client ??= this.#connect();
    try {
      const client = await this.#client;
      if (client.isReady) return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
    this.#client = this.#connect();
    return this.#client;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    if (client !== undefined) end(client);
    this.#client = undefined;
  }

  async #connect(): Promise<RedisClientType> {
    if (this.#servers.length === 0) throw new Error('there is no Redis to write to');
    const failures: string[] = [];
    for (const server of this.#servers) {
      const client = this.#make(server);
      try {
        await client.connect();
        return client;
      } catch (error) {
        failures.push(`${server}: ${error instanceof Error ? error.message : error}`);
        end(client);
      }
    }
    throw new Error(`Redis cannot be reached: ${failures.join(', ')}`);
  }

  #make(server: string): RedisClientType {
    const { username, password, database, timeout } = this.#settings;
    const socket = { ...addressOf(server), connectTimeout: timeout, reconnectStrategy: false as const };
    const client = createClient({
      socket,
      disableOfflineQueue: true,
      commandOptions: { timeout },
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
    });
    // A connection that breaks is made anew when it is wanted.
    client.on('error', () => {});
    return client as RedisClientType;
  }
}

/** One that is closed already cannot be ended again. */
function end(client: RedisClientType): void {
  if (client.isOpen) client.destroy();
}

const defaultPort = 6379;

function addressOf(server: string): { path: string; tls: false } | { host: string; port: number } {
  if (server.startsWith('/')) return { path: server, tls: false };
  const [, host = server, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(server) ?? [];
  return { host, port: port === undefined ? defaultPort : Number(port) };
}
