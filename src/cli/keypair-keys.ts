import { readFileSync } from 'node:fs';
import { first, get, lineAndColumn, loadFile, text as readable, type UclValue } from '../ucl/index.ts';
import {
  type CryptError,
  type KeyPair,
  type KeyType,
  type PublicKey,
  readKeyPair,
  readPublicKey,
} from '../wire/crypt/index.ts';

/** What a command ends with: a line for standard error, and exit code 1. */
export class KeypairFailure extends Error {}

/** Where the public key of `verify` and `encrypt` comes from; at most one of them is there. */
export interface PublicKeySource {
  readonly keypair?: string;
  readonly pubkey?: string;
  readonly pubstring?: string;
}

/**
 * The pair in a file of UCL or JSON, with or without a `keypair` section around it (rspamd:
 * src/libcryptobox/keypair.c:rspamd_keypair_from_ucl).
 *
 * @throws KeypairFailure
 */
function loadKeypair(path: string): KeyPair {
  const { root, diagnostics } = loadFile(path);
  if (root === undefined) {
    // Without the line itself: it may hold a private key.
    const [problem] = diagnostics;
    const what = problem === undefined ? '' : `:${lineAndColumn(problem.at).line}: ${readable(problem.message)}`;
    throw new KeypairFailure(`cannot load ${path}${what}`);
  }
  const section = first(get(root, 'keypair')) ?? root;
  const pubkey = text(section, ['pubkey', 'public', 'public_key']);
  const privkey = text(section, ['privkey', 'private', 'private_key', 'secret', 'secret_key']);
  if (pubkey === undefined || privkey === undefined) {
    const missing = pubkey === undefined ? 'pubkey' : 'privkey';
    throw new KeypairFailure(`cannot load keypair: ${path}: there is no ${missing} in it`);
  }
  try {
    return readKeyPair({ pubkey, privkey, type: text(section, ['type']), encoding: text(section, ['encoding']) });
  } catch (error) {
    throw new KeypairFailure(`cannot load keypair: ${path}: ${(error as CryptError).message}`, { cause: error });
  }
}

function text(section: UclValue, names: readonly string[]): string | undefined {
  const value = names.map((name) => first(get(section, name))).find((one) => one !== undefined);
  return value?.type === 'string' ? value.value : undefined;
}

/** @throws KeypairFailure */
export function loadPublicKey({ keypair, pubkey, pubstring }: PublicKeySource, type: KeyType): PublicKey {
  if (keypair !== undefined) return ofType(loadKeypair(keypair).publicKey, type, keypair);
  if (pubkey === undefined && pubstring === undefined) {
    throw new KeypairFailure('no public key specified: use --keypair, --pubkey or --pubstring');
  }
  const written =
    pubstring ??
    readFileOr(pubkey as string)
      .toString('latin1')
      .trim();
  const key = readPublicKey(written, type);
  if (key === undefined)
    throw new KeypairFailure(`cannot create pubkey: ${pubkey ?? pubstring} is not base32 of 32 bytes`);
  return key;
}

function ofType(key: PublicKey, type: KeyType, path: string): PublicKey {
  if (key.type === type) return key;
  const use = { kex: 'encryption', sign: 'signatures' };
  throw new KeypairFailure(`the keypair in ${path} is for ${use[key.type]}, not for ${use[type]}`);
}

/** @throws KeypairFailure where the pair is of the other type */
export function loadKeypairOf(path: string | undefined, type: KeyType): KeyPair {
  if (path === undefined) throw new KeypairFailure('no keypair specified');
  const pair = loadKeypair(path);
  ofType(pair.publicKey, type, path);
  return pair;
}

/** @throws KeypairFailure in the words of the system */
export function readFileOr(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new KeypairFailure(`cannot read ${path}: ${(error as Error).message}`);
  }
}
