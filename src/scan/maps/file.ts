import { readFileSync, statSync } from 'node:fs';
import { type PublicKey, readPublicKey, verifyBytes } from '../../wire/crypt/index.ts';
import { canUnpack, isPacked, type LineReader, linesOf, maxBytes, prepareZstd } from './content.ts';
import type { Signature } from './source.ts';

/** Milliseconds between two looks at a file. */
const interval = 5000;

/** Lines of a file, read again when it changes; one that is not there is an empty one. */
export class FileMap {
  readonly #path: string;
  readonly #signature: Signature | undefined;
  readonly #failed: (text: string) => void;
  readonly #readLines: LineReader;
  #looked = Number.NEGATIVE_INFINITY;
  #stamp: string | undefined;
  /** Changes whenever the lines may have changed. */
  version = 0;
  #lines: readonly string[] = [];

  /** @param failed is told why a file that is there is not used */
  constructor(
    path: string,
    signature: Signature | undefined,
    failed: (text: string) => void,
    readLines: LineReader = linesOf,
  ) {
    this.#path = path;
    this.#signature = signature;
    this.#failed = failed;
    this.#readLines = readLines;
    if (path.endsWith('.zst')) void prepareZstd();
  }

  get lines(): readonly string[] {
    const now = performance.now();
    if (now - this.#looked < interval) return this.#lines;
    this.#looked = now;
    const stamp = this.#stampOfAll();
    if (stamp !== this.#stamp) this.#read(stamp);
    return this.#lines;
  }

  #stampOfAll(): string {
    const files = this.#signature === undefined ? [''] : ['', '.sig', '.pub'];
    return files.map((suffix) => stampOf(this.#path + suffix)).join(' ');
  }

  #read(stamp: string): void {
    this.#stamp = stamp;
    this.version++;
    if (stampOf(this.#path) === '-') {
      this.#lines = [];
      return;
    }
    try {
      this.#lines = this.#load();
    } catch (cause) {
      this.#failed(`map ${this.#path}: ${(cause as Error).message}; what it had before stays`);
    }
  }

  #load(): readonly string[] {
    const size = statSync(this.#path).size;
    if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
    const bytes = readFileSync(this.#path);
    if (this.#signature !== undefined && !this.#isSigned(bytes, this.#signature.key))
      throw new Error('its signature is not the one of its key');
    if (isPacked(bytes) && !canUnpack()) {
      void prepareZstd().then(() => this.#forget());
      return this.#lines;
    }
    return this.#readLines(bytes);
  }

  /** It is read at the next look. */
  #forget(): void {
    this.#stamp = undefined;
    this.#looked = Number.NEGATIVE_INFINITY;
  }

  #isSigned(bytes: Buffer, given: PublicKey | undefined): boolean {
    const key = given ?? readPublicKey(readFileSync(`${this.#path}.pub`, 'latin1').trim(), 'sign');
    return key !== undefined && verifyBytes(bytes, readFileSync(`${this.#path}.sig`), key);
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.mtimeMs}/${stat.size}`;
}
