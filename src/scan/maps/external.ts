import { fetch } from 'undici';
import { encodeMsgpack } from '../../wire/msgpack/index.ts';

/** A server that is asked for every key (rspamd: lualib/lua_maps.lua, external_map_schema). */
export interface ExternalSettings {
  readonly backend: string;
  /** How it gets the key; it does not get it where nothing is said. */
  readonly method: 'body' | 'header' | 'query' | undefined;
  /** Of several values in the body. */
  readonly encode: 'json' | 'messagepack' | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A key, or several by name. Byte strings. */
export type Question = string | Readonly<Record<string, string | readonly string[]>>;

/** Bytes of an answer. */
const maxAnswer = 1024 * 1024;

/** Asks a web server what a map would have. */
export class ExternalMap {
  readonly #settings: ExternalSettings;
  readonly #failed: (text: string) => void;
  #failing = false;

  /** @param failed is told when the server begins to fail */
  constructor(settings: ExternalSettings, failed: (text: string) => void) {
    this.#settings = settings;
    this.#failed = failed;
  }

  /** @returns a byte string; undefined where the server has nothing. Does not reject. */
  async find(question: Question): Promise<string | undefined> {
    try {
      const answer = await this.#ask(question);
      this.#failing = false;
      return answer;
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
      if (!this.#failing) this.#failed(`map ${this.#settings.backend}: ${(reason as Error).message}`);
      this.#failing = true;
      return undefined;
    }
  }

  async #ask(question: Question): Promise<string | undefined> {
    const { method, timeout } = this.#settings;
    const { url, headers, body } = this.#request(question);
    const reply = await fetch(url, {
      method: method === 'body' ? 'POST' : 'GET',
      headers: { Accept: '*/*', ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(timeout),
    });
    if (reply.status !== 200) {
      await reply.body?.cancel();
      if (reply.status === 404) return undefined;
      throw new Error(`the server answers ${reply.status}`);
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of reply.body ?? []) {
      length += part.length;
      if (length > maxAnswer) throw new Error(`the answer has more than ${maxAnswer} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString('latin1');
  }

  #request(question: Question): { url: string; headers?: Record<string, string>; body?: Buffer } {
    const { backend, method, encode } = this.#settings;
    const single = typeof question === 'string';
    switch (method) {
      case 'body':
        if (single)
          return { url: backend, headers: { 'Content-Type': 'text/plain' }, body: Buffer.from(question, 'latin1') };
        return encode === 'messagepack'
          ? {
              url: backend,
              headers: { 'Content-Type': 'application/msgpack' },
              body: encodeMsgpack(mutable(question), 'latin1'),
            }
          : {
              url: backend,
              headers: { 'Content-Type': 'application/json' },
              body: Buffer.from(JSON.stringify(question), 'latin1'),
            };
      case 'header':
        return { url: backend, headers: single ? { key: headerValue(question) } : textsOf(question, headerValue) };
      case 'query': {
        const pairs = single ? { key: escapeBytes(question) } : textsOf(question, escapeBytes);
        return {
          url: `${backend}?${Object.entries(pairs)
            .map(([name, value]) => `${escapeBytes(name)}=${value}`)
            .join('&')}`,
        };
      }
      case undefined:
        return { url: backend };
    }
  }
}

function mutable(question: Exclude<Question, string>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(question).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

/** Those of the values that are one text. */
function textsOf(question: Exclude<Question, string>, write: (text: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(question).flatMap(([name, value]) => (typeof value === 'string' ? [[name, write(value)]] : [])),
  );
}

/** Nothing of a message starts another field. */
function headerValue(text: string): string {
  return text.replace(/[\0-\x1f\x7f]+/g, ' ').trim();
}

function escapeBytes(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
