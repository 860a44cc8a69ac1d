import { createPublicKey, type KeyObject } from 'node:crypto';
import type { PublicSuffixes } from '../../message/index.ts';
import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { dkimFindings, findKey, signMessage } from '../dkim/index.ts';
import { chooseKeys, type SignerChoice } from './choose.ts';
import { readSigningKey, SigningKeys } from './key.ts';
import type { SignerSettings } from './settings.ts';

/** A key that a message is signed with. */
export interface Signer extends SignerChoice {
  readonly key: KeyObject;
}

/** Finds the keys of messages that are ours. */
export class Signers {
  readonly #settings: SignerSettings;
  readonly #suffixes: PublicSuffixes;
  readonly #keys = new SigningKeys();

  constructor(settings: SignerSettings, suffixes: PublicSuffixes) {
    this.#settings = settings;
    this.#suffixes = suffixes;
  }

  /** @throws Error where a key that somebody asked for cannot be had */
  async of(task: Task): Promise<readonly Signer[]> {
    if (!isWorthSigning(task, this.#settings)) return [];
    const found: Signer[] = [];
    for (const choice of chooseKeys(task, this.#settings, this.#suffixes)) {
      const key = this.#load(choice);
      if (key !== undefined && (await this.#isPublished(task, choice, key))) found.push({ ...choice, key });
    }
    return found;
  }

  #load({ path, content, domain, wanted }: SignerChoice): KeyObject | undefined {
    if (path === undefined) return readSigningKey(Buffer.from(content ?? ''), `the key table for ${domain}`);
    const key = this.#keys.fromFile(path);
    if (key === undefined && wanted) throw new Error(`there is no key file ${path} to sign for ${domain}`);
    return key;
  }

  async #isPublished(task: Task, { selector, domain }: SignerChoice, key: KeyObject): Promise<boolean> {
    if (!this.#settings.checkKey || this.#settings.allow.otherKey) return true;
    const found = await findKey(task.dns, `${selector}._domainkey.${domain}`);
    return found.key !== undefined && spkiOf(found.key.key).equals(spkiOf(createPublicKey(key)));
  }
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
export function dkimSigningRule(settings: SignerSettings, suffixes: PublicSuffixes): Rule {
  const signers = new Signers(settings, suffixes);
  return {
    name: settings.symbol,
    stage: 'filter',
    symbols: {
      [settings.symbol]: { score: 0, description: 'The message gets a DKIM signature', groups: ['policies', 'dkim'] },
    },
    flags: ['ignorePassthrough'],
    after: ['DKIM_CHECK', 'DMARC_CHECK'],
    run: async (task) => {
      if (settings.checkViolation && task.get(dkimFindings)?.some(({ outcome }) => outcome === 'fail') === true) return;
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
