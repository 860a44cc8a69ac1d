import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Output } from './io.ts';
import { KeypairFailure } from './keypair-keys.ts';

/** Files that hold a secret are for their owner alone. */
export const secretMode = 0o600;

/**
 * Writes a file whole or not at all: what was there before stays until the new content is on the disk.
 *
 * @throws KeypairFailure in the words of the system
 */
export function writeWhole(path: string, content: string | Uint8Array, mode: number = 0o666): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new KeypairFailure(`cannot open output to write: ${path}: ${(error as Error).message}`);
  }
}

/** Asks before files are overwritten; answers are lines of `input`. */
export class Overwriting {
  readonly #input: NodeJS.ReadableStream;
  readonly #output: Output;
  #lines: Interface | undefined;
  #answers: AsyncIterator<string> | undefined;

  constructor(input: NodeJS.ReadableStream, output: Output) {
    this.#input = input;
    this.#output = output;
  }

  /** Whether `path` is new, or the user says yes to the question of rspamadm; no answer at all is a no. */
  async allows(path: string): Promise<boolean> {
    if (!existsSync(path)) return true;
    this.#output.write(`File ${path} already exists, overwrite?[Y/n]: `);
    // One reader for all questions: it takes more from the input than the line that is asked for.
    this.#lines ??= createInterface({ input: this.#input, terminal: false });
    this.#answers ??= this.#lines[Symbol.asyncIterator]();
    const answer = await this.#answers.next();
    return answer.done !== true && /^(?:|y|yes)$/i.test(answer.value.trim());
  }

  close(): void {
    this.#lines?.close();
  }
}
