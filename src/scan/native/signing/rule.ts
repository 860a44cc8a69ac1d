import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Logger } from '../../../message/log.ts';
import type { PublicSuffixes } from '../../message/index.ts';
import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { dkimFindings, findKey, signMessage } from '../dkim/index.ts';
import { chooseKeys, mayBeBroken, type SignerChoice } from './choose.ts';
import { type FoundKey, readSigningKey, SigningKeys } from './key.ts';
import { RedisKeys } from './redis-keys.ts';
import type { SignerSettings } from './settings.ts';
import { VaultKeys } from './vault.ts';

/** Finds the keys of messages that are ours. */
export class Signers {
  readonly #settings: SignerSettings;
  readonly #suffixes: PublicSuffixes;
  readonly #failed: (task: Task, cause: unknown) => void;
  readonly #files = new SigningKeys();
  readonly #redis: RedisKeys | undefined;
  readonly #vault: VaultKeys | undefined;

  /** @param module that signs, for the log */
  constructor(settings: SignerSettings, suffixes: PublicSuffixes, module: string, logger: Logger) {
    this.#settings = settings;
    this.#suffixes = suffixes;
    this.#redis = settings.redis === undefined ? undefined : new RedisKeys(settings.redis);
    this.#vault = settings.vault === undefined ? undefined : new VaultKeys(settings.vault);
    this.#failed = (task, cause) =>
      logger.log('error', module, 'sign_error', task.id, `signing failure: ${(cause as Error).message}`);
  }

  /** Does not reject: a message whose key cannot be had goes unsigned, and the log says why. */
  async of(task: Task): Promise<readonly FoundKey[]> {
    if (!isWorthSigning(task, this.#settings)) return [];
    try {
      const choices = chooseKeys(task, this.#settings, this.#suffixes);
      return (await Promise.all(choices.map((choice) => this.#keysOf(task, choice)))).flat();
    } catch (cause) {
      this.#failed(task, cause);
      return [];
    }
  }

  async #keysOf(task: Task, choice: SignerChoice): Promise<readonly FoundKey[]> {
    try {
      const keys = await this.#load(task, choice);
      const published = await Promise.all(keys.map((key) => this.#isPublished(task, key)));
      return keys.filter((_, at) => published[at] === true);
    } catch (cause) {
      this.#failed(task, cause);
      return [];
    }
  }

  async #load(task: Task, choice: SignerChoice): Promise<readonly FoundKey[]> {
    const { source, domain, selector } = choice;
    const { redis, vault } = this.#settings;
    switch (source.kind) {
      case 'redis':
        return (await this.#redis?.of(choice, waitOf(task, redis?.servers.timeout))) ?? [];
      case 'vault':
        return (await this.#vault?.of(choice, waitOf(task, vault?.timeout), task.receivedAt)) ?? [];
      case 'content':
        return [{ domain, selector, key: readSigningKey(Buffer.from(source.content, 'latin1'), source.where) }];
      case 'file': {
        const key = this.#files.fromFile(source.path);
        if (key === undefined && source.wanted)
          throw new Error(`there is no key file ${source.path} to sign for ${domain}`);
        return key === undefined ? [] : [{ domain, selector, key }];
      }
    }
  }

  async #isPublished(task: Task, { selector, domain, key }: FoundKey): Promise<boolean> {
    if (!this.#settings.checkKey || this.#settings.allow.otherKey) return true;
    const found = await findKey(task.dns, `${selector}._domainkey.${domain}`);
    return found.key !== undefined && spkiOf(found.key.key).equals(spkiOf(createPublicKey(key)));
  }
}

/** Milliseconds to wait for a service: its own limit, but not all the time that the message has left. */
function waitOf({ deadline }: Task, limit = 0): number {
  return Math.min(limit, Math.max(0, 0.8 * (deadline - performance.now())));
}

/** Settings may forbid to sign. */
export function isAllowed({ settings }: Task, { forbiddenIds }: SignerSettings): boolean {
  return settings?.id === undefined || !forbiddenIds.includes(settings.id);
}

/** KeyObject.equals of two kinds of keys leaves an error behind that the next use of OpenSSL reports as its own. */
function spkiOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' });
}

/** What is refused or put off anyway needs no signature. */
function isWorthSigning({ results }: Task, { skipSpam }: SignerSettings): boolean {
  const { passthrough, action } = results.verdict;
  if (passthrough === undefined) return true;
  const { name } = action;
  if (name === 'reject' || name === 'discard' || name === 'soft reject') return false;
  return !skipSpam || name === 'no action';
}

/** Line end of folds: milters have their own, others that of the message. */
export function foldsOf(task: Task): '\n' | '\r\n' {
  return !task.has('milter') && task.message.lineEnd === 'crlf' ? '\r\n' : '\n';
}

/** Signs mail of our clients (rspamd: src/plugins/lua/dkim_signing.lua). */
export function dkimSigningRule(settings: SignerSettings, suffixes: PublicSuffixes, logger: Logger): Rule {
  const signers = new Signers(settings, suffixes, 'dkim_signing', logger);
  return {
    name: settings.symbol,
    stage: 'filter',
    symbols: {
      [settings.symbol]: { score: 0, description: 'The message gets a DKIM signature', groups: ['policies', 'dkim'] },
    },
    flags: ['ignorePassthrough'],
    after: ['DKIM_CHECK', 'DMARC_CHECK'],
    condition: (task) => isAllowed(task, settings),
    run: async (task) => {
      const isBroken = task.get(dkimFindings)?.some(({ outcome }) => outcome === 'fail') === true;
      if (isBroken && !mayBeBroken(task, settings)) return;
      for (const { domain, selector, key } of await signers.of(task)) {
        const value = signMessage(task.message, {
          key,
          domain,
          selector,
          fields: settings.fields,
          now: Math.floor(task.receivedAt / 1000),
          instance: undefined,
          lineEnd: foldsOf(task),
        });
        if (settings.asHeader) task.reply.milter.addHeaders.set('DKIM-Signature', [{ value, order: 1 }]);
        else task.reply.dkimSignatures.push(value);
        task.insert(settings.symbol, 1, [toText(`${domain}:s=${selector}`)]);
      }
    },
  };
}
