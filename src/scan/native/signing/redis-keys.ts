import { RedisConnection, type RedisSettings } from '../redis/index.ts';
import type { SignerChoice } from './choose.ts';
import { type FoundKey, readSigningKey } from './key.ts';

export interface RedisKeySettings {
  readonly servers: RedisSettings;
  /** Hash with keys by `selector.domain`. */
  readonly prefix: string;
  /** Hash with selectors by domain; undefined: they are as configured. */
  readonly selectorPrefix: string | undefined;
}

/** Keys of signatures in Redis (rspamd: lualib/lua_dkim_tools.lua:sign_using_redis). */
export class RedisKeys {
  readonly #settings: RedisKeySettings;
  readonly #connection: RedisConnection;

  constructor(settings: RedisKeySettings) {
    this.#settings = settings;
    this.#connection = new RedisConnection(settings.servers.readServers, settings.servers);
  }

  /**
   * @param wait milliseconds
   * @returns nothing where the domain has no key
   * @throws Error where Redis does not answer, or has something that is no key
   */
  async of(choice: SignerChoice, wait: number): Promise<readonly FoundKey[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis does not answer in time for ${choice.domain}`)), wait);
    });
    try {
      return await Promise.race([this.#find(choice), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #find({ domain, selector: configured }: SignerChoice): Promise<readonly FoundKey[]> {
    const { prefix, selectorPrefix } = this.#settings;
    const client = await this.#connection.client();
    const selector = selectorPrefix === undefined ? configured : await client.hGet(selectorPrefix, domain);
    if (selector === null) throw new Error(`${selectorPrefix} in Redis has no selector for ${domain}`);
    const name = `${selector}.${domain}`;
    const content = await client.hGet(prefix, name);
    if (content === null) return [];
    return [{ domain, selector, key: readSigningKey(Buffer.from(content, 'latin1'), `${prefix} ${name} in Redis`) }];
  }
}
