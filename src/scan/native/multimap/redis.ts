import type { Logger } from '../../../message/log.ts';
import type { ByteString } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { ipBytes, maskedIp } from '../ip.ts';
import type { Found } from '../maps.ts';
import { RedisConnection, type RedisSettings } from '../redis/index.ts';

/** Narrowest and widest networks of an address that are looked for. */
const bitsOf = { 4: [32, 8], 16: [128, 64] } as const;

/** Maps that are hashes of Redis (rspamd: src/plugins/lua/multimap.lua:multimap_query_redis). */
export class RedisMaps {
  readonly #connection: RedisConnection;
  readonly #logger: Logger;
  #failing = false;

  constructor(settings: RedisSettings, logger: Logger) {
    this.#connection = new RedisConnection(settings.readServers, settings);
    this.#logger = logger;
  }

  /**
   * @param hash names of the hashes that are asked
   * @param isIp all networks of the key are looked for too
   * @returns what they have; nothing where Redis does not answer. Does not reject.
   */
  async find(hashes: readonly string[], key: ByteString, isIp: boolean, task: Task): Promise<Found> {
    const fields = isIp ? [key, ...networksOf(key)] : [key];
    try {
      const client = await this.#connection.client();
      const replies = await Promise.all(hashes.map((hash) => client.hmGet(bytesOf(hash), fields.map(bytesOf))));
      this.#failing = false;
      return replies.flat().flatMap((reply) => (reply === null ? [] : [byteString(reply)]));
    } catch (cause) {
      if (!this.#failing)
        this.#logger.log('warning', 'map', 'map', task.id, `maps in Redis: ${(cause as Error).message}`);
      this.#failing = true;
      return [];
    }
  }
}

function bytesOf(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

function byteString(reply: string): ByteString {
  return Buffer.from(reply, 'utf8').toString('latin1');
}

function networksOf(ip: string): string[] {
  const bytes = ipBytes(ip) ?? [];
  const range = bytes.length === 4 ? bitsOf[4] : bytes.length === 16 ? bitsOf[16] : undefined;
  if (range === undefined) return [];
  const [most, least] = range;
  return Array.from({ length: most - least + 1 }, (_, at) => `${maskedIp(bytes, most - at)}/${most - at}`);
}
