import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf } from './bytes.ts';
import { type PublicSuffixes, suffixesOfList, suffixesOfPackage } from './url/suffixes.ts';

/** Data that reading messages needs; the same for all of them. */
export interface Knowledge {
  readonly suffixes: PublicSuffixes;
}

/**
 * @param directory with the data of an Rspamd (its SHAREDIR); what is not there comes from packages
 * @throws {Error} a file that is there but cannot be read
 */
export async function loadKnowledge(directory: string | undefined): Promise<Knowledge> {
  const list = directory === undefined ? undefined : await readIfThere(join(directory, 'effective_tld_names.dat'));
  return { suffixes: list === undefined ? suffixesOfPackage() : suffixesOfList(bytesOf(list)) };
}

/** The same at once, for programs that cannot wait. */
export function readKnowledge(directory: string): Knowledge {
  try {
    return { suffixes: suffixesOfList(bytesOf(readFileSync(join(directory, 'effective_tld_names.dat')))) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { suffixes: suffixesOfPackage() };
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
