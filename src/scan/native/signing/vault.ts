import { Agent, request } from 'undici';
import type { SignerChoice } from './choose.ts';
import { type FoundKey, readSigningKey } from './key.ts';

export interface VaultSettings {
  /** A domain behind it makes the address of its keys. */
  readonly url: string;
  readonly token: string;
  /** What is stored stands in another level of data (version 2 of its key-value store). */
  readonly isNested: boolean;
  /** Whether keys of a domain are there. */
  readonly has: (domain: string) => boolean;
  /** Milliseconds. */
  readonly timeout: number;
  /** Whether its certificate has to hold. */
  readonly verify: boolean;
}

/** Bytes of an answer. */
const maxReply = 1024 * 1024;

/** Keys of signatures in a Vault (rspamd: lualib/lua_dkim_tools.lua:sign_using_vault). */
export class VaultKeys {
  readonly #settings: VaultSettings;
  readonly #agent: Agent;

  constructor(settings: VaultSettings) {
    this.#settings = settings;
    this.#agent = new Agent({ connect: { rejectUnauthorized: settings.verify }, maxResponseSize: maxReply });
  }

  /**
   * @param wait milliseconds
   * @param now milliseconds since the epoch
   * @returns all keys of the domain that are valid now
   * @throws Error where the Vault does not answer, or not as it should
   */
  async of({ domain }: SignerChoice, wait: number, now: number): Promise<readonly FoundKey[]> {
    const { url, token } = this.#settings;
    const address = url + encodeURIComponent(domain);
    const reply = await request(address, {
      dispatcher: this.#agent,
      headers: { 'X-Vault-Token': token },
      signal: AbortSignal.timeout(Math.ceil(wait)),
    });
    const body = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`the Vault answers ${reply.statusCode} for ${address}`);
    return this.#selectorsOf(body, address)
      .filter((one) => isValid(one, now / 1000))
      .map((one) => ({
        domain: textOf(one['domain']) ?? domain,
        selector: textOf(one['selector']) ?? '',
        key: readSigningKey(Buffer.from(textOf(one['key']) ?? '', 'latin1'), `the Vault at ${address}`),
      }));
  }

  #selectorsOf(body: string, address: string): readonly Entry[] {
    const data = member(parsed(body), 'data');
    const stored = this.#settings.isNested ? member(data, 'data') : data;
    if (!isEntry(stored)) throw new Error(`what the Vault has at ${address} is not JSON with data`);
    const selectors = stored['selectors'];
    return Array.isArray(selectors) ? selectors.filter(isEntry) : [];
  }
}

type Entry = Readonly<Record<string, unknown>>;

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  return isEntry(value) ? value[name] : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @param now seconds since the epoch */
function isValid(entry: Entry, now: number): boolean {
  if (textOf(entry['key']) === undefined || textOf(entry['selector']) === undefined) return false;
  const [start, end] = [entry['valid_start'], entry['valid_end']];
  return !(start !== undefined && now < Number(start)) && !(end !== undefined && now >= Number(end));
}
