import type { RedisClientType } from '@redis/client';
import { RedisConnection, type RedisSettings } from '../redis/index.ts';
import type { Counts } from './classify.ts';
import type { BayesStore, StatClass } from './store.ts';

/** Keys of what was learned (rspamd: lualib/lua_bayes_redis.lua:lua_bayes_init_cache). */
const cache = { prefix: 'learned_ids', maxElements: 10_000, maxKeys: 5 };

const fields: Readonly<Record<StatClass, string>> = { spam: 'S', ham: 'H' };
const learnsFields: Readonly<Record<StatClass, string>> = { spam: 'learns_spam', ham: 'learns_ham' };

/** Commands that are sent together; a message may have many thousand tokens. */
const batch = 1_000;

/** Statistics where Rspamd keeps them, as it keeps them (rspamd: lualib/redis_scripts/bayes_*.lua, new schema). */
export class RedisStore implements BayesStore {
  readonly #symbols: Readonly<Record<StatClass, string>>;
  readonly #reader: RedisConnection;
  readonly #writer: RedisConnection;

  /** @param symbols name the lists of all prefixes */
  constructor(settings: RedisSettings, symbols: Readonly<Record<StatClass, string>>) {
    this.#symbols = symbols;
    this.#reader = new RedisConnection(settings.readServers, settings);
    this.#writer = new RedisConnection(settings.writeServers, settings);
  }

  async learns(prefix: string): Promise<Counts> {
    const client = await this.#reader.client();
    const [spam, ham] = await client.hmGet(prefix, [learnsFields.spam, learnsFields.ham]);
    return { spam: numberOf(spam), ham: numberOf(ham) };
  }

  async counts(prefix: string, tokens: readonly bigint[]): Promise<Counts[]> {
    const client = await this.#reader.client();
    const counts: Counts[] = [];
    for (let at = 0; at < tokens.length; at += batch) {
      const some = tokens.slice(at, at + batch);
      const replies = await Promise.all(some.map((id) => client.hmGet(`${prefix}_${id}`, [fields.spam, fields.ham])));
      for (const [spam, ham] of replies) counts.push({ spam: numberOf(spam), ham: numberOf(ham) });
    }
    return counts;
  }

  async learn(prefix: string, as: StatClass, tokens: readonly bigint[], times: 1 | -1): Promise<void> {
    const client = await this.#writer.client();
    await client.sAdd(`${this.#symbols[as]}_keys`, prefix);
    await client.hSet(prefix, 'version', '2');
    await change(client, prefix, learnsFields[as], times);
    for (let at = 0; at < tokens.length; at += batch)
      await Promise.all(tokens.slice(at, at + batch).map((id) => change(client, `${prefix}_${id}`, fields[as], times)));
  }

  async learnedAs(id: string): Promise<StatClass | undefined> {
    const client = await this.#reader.client();
    const replies = await Promise.all(cacheKeys().map((key) => client.hGet(key, id)));
    const found = replies.find((reply) => reply !== null);
    // Releases before 4.0 note numbers.
    if (found === 'spam' || found === '1') return 'spam';
    return found === 'ham' || found === '0' || found === '-1' ? 'ham' : undefined;
  }

  async remember(id: string, as: StatClass): Promise<void> {
    const client = await this.#writer.client();
    const keys = cacheKeys();
    for (const key of keys) if (await client.hExists(key, id)) return void (await client.hSet(key, id, as));
    for (const key of keys)
      if ((await client.hLen(key)) < cache.maxElements) return void (await client.hSet(key, id, as));
    // All are full: the oldest goes, the others move up.
    const [oldest = '', ...others] = keys;
    await client.del(oldest);
    for (const [at, key] of others.entries()) await client.rename(key, keys[at] as string);
    await client.hSet(keys.at(-1) as string, id, as);
  }

  async close(): Promise<void> {
    await Promise.all([this.#reader.close(), this.#writer.close()]);
  }
}

function cacheKeys(): string[] {
  return Array.from({ length: cache.maxKeys + 1 }, (_, at) => cache.prefix + 'X'.repeat(at));
}

/** Counts never go below nothing. */
async function change(client: RedisClientType, key: string, field: string, times: 1 | -1): Promise<void> {
  if (times < 0 && numberOf((await client.hGet(key, field)) ?? undefined) <= 0) return;
  await client.hIncrBy(key, field, times);
}

function numberOf(reply: string | null | undefined): number {
  const value = Number(reply ?? 0);
  return Number.isFinite(value) && value > 0 ? value : 0;
}
