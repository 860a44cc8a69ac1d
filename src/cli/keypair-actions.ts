import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { bytes, emitJson, emitUcl, type Position, type UclObject } from '../ucl/index.ts';
import {
  CryptError,
  decryptFile,
  encryptFile,
  generateKeyPair,
  loadCipher,
  signBytes,
  verifyBytes,
  writeKeyPair,
} from '../wire/crypt/index.ts';
import type { Io } from './io.ts';
import { type Overwriting, secretMode, writeWhole } from './keypair-files.ts';
import { KeypairFailure, loadKeypairOf, loadPublicKey, type PublicKeySource, readFileOr } from './keypair-keys.ts';

export interface GenerateOptions {
  readonly sign?: boolean;
  readonly json?: boolean;
  readonly name?: string;
  readonly output?: string;
}

/** Prints a new pair in the shape of `rspamadm keypair`; JSON has no newline at its end there. */
export function generate(options: GenerateOptions, io: Io): void {
  const members = writeKeyPair(generateKeyPair(options.sign === true ? 'sign' : 'kex'));
  const section = { ...members, ...(options.name !== undefined && { extensions: { name: bytes(options.name) } }) };
  const tree = uclObject({ keypair: section });
  const content = options.json === true ? emitJson(tree) : emitUcl(tree);
  if (options.output === undefined) io.stdout.write(Buffer.from(content, 'latin1'));
  else writeWhole(options.output, Buffer.from(content, 'latin1'), secretMode);
}

interface Texts {
  readonly [key: string]: string | Texts;
}

const nowhere: Position = { source: { name: '<keypair>', text: '', includedFrom: undefined }, offset: 0 };

function uclObject(texts: Texts): UclObject {
  const common = { priority: 0, at: nowhere } as const;
  const entries = Object.entries(texts).map(([key, text]) => {
    const value =
      typeof text === 'string'
        ? ({ type: 'string', value: text, style: 'quoted', ...common } as const)
        : uclObject(text);
    return [key, { key, at: nowhere, value }] as const;
  });
  return { type: 'object', entries: new Map(entries), ...common };
}

export interface SignOptions {
  readonly keypair?: string;
  readonly suffix: string;
}

export function sign(files: readonly string[], options: SignOptions, io: Io): void {
  const pair = loadKeypairOf(options.keypair, 'sign');
  for (const file of files) {
    const signature = signBytes(readFileOr(file), pair);
    const out = `${file}.${options.suffix}`;
    writeWhole(out, signature);
    io.stdout.write(`signed ${file} -> ${out} (${signature.toString('hex')})\n`);
  }
}

export interface VerifyOptions extends PublicKeySource {
  readonly suffix: string;
}

/** @returns whether every signature holds */
export function verify(files: readonly string[], options: VerifyOptions, io: Io): boolean {
  const key = loadPublicKey(options, 'sign');
  let valid = true;
  for (const file of files) {
    const from = `${file}.${options.suffix}`;
    const signature = readFileOr(from);
    const good = verifyBytes(readFileOr(file), signature, key);
    valid &&= good;
    io.stdout.write(`${good ? 'verified' : 'FAILED to verify'} ${file} -> ${from} (${signature.toString('hex')})\n`);
  }
  return valid;
}

export interface EncryptOptions extends PublicKeySource {
  readonly suffix: string;
  readonly rm?: boolean;
  readonly force?: boolean;
}

/** @returns false where the user did not want a file to be overwritten */
export async function encrypt(
  files: readonly string[],
  options: EncryptOptions,
  io: Io,
  overwriting: Overwriting,
): Promise<boolean> {
  const key = loadPublicKey(options, 'kex');
  const cipher = await loadCipher();
  for (const file of files) {
    const content = encryptFile(cipher, readFileOr(file), key);
    const out = options.suffix === '' ? file : `${file}.${options.suffix}`;
    if (options.force !== true && !(await overwriting.allows(out))) return false;
    writeWhole(out, content);
    const gone = options.rm === true && out !== file;
    if (gone) rmSync(file);
    io.stdout.write(`encrypted ${file}${gone ? ' (deleted)' : ''} -> ${out}\n`);
  }
  return true;
}

export interface DecryptOptions {
  readonly keypair?: string;
  readonly keepSuffix?: boolean;
  readonly force?: boolean;
  readonly rm?: boolean;
}

/** @returns false where the user did not want a file to be overwritten */
export async function decrypt(
  files: readonly string[],
  options: DecryptOptions,
  io: Io,
  overwriting: Overwriting,
): Promise<boolean> {
  const pair = loadKeypairOf(options.keypair, 'kex');
  const cipher = await loadCipher();
  for (const file of files) {
    const content = readFileOr(file);
    const plain = attempt(() => decryptFile(cipher, content, pair), `cannot decrypt ${file}`);
    const out = options.keepSuffix === true ? file : withoutSuffix(file);
    if (options.force !== true && out !== file && !(await overwriting.allows(out))) return false;
    writeWhole(out, plain, secretMode);
    const gone = options.rm === true && out !== file;
    if (gone) rmSync(file);
    io.stdout.write(`decrypted ${file}${gone ? ' (removed)' : ''} -> ${out}\n`);
  }
  return true;
}

function attempt<Result>(run: () => Result, what: string): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof CryptError) throw new KeypairFailure(`${what}: ${error.message}`, { cause: error });
    throw error;
  }
}

function withoutSuffix(file: string): string {
  const name = basename(file);
  const dot = name.lastIndexOf('.');
  if (dot > 0) return file.slice(0, file.length - (name.length - dot));
  throw new KeypairFailure(`${file} has no suffix to take off; use --keep-suffix to write the plain text over it`);
}
