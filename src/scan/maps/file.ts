import { readFileSync, statSync } from 'node:fs';
import { type PublicKey, readPublicKey, verifyBytes } from '../../wire/crypt/index.ts';
import { canUnpack, isPacked, maxBytes, prepareZstd, textOf } from './content.ts';
import type { MapReading, Signature } from './source.ts';

export interface FileWorld {
  /** Milliseconds between two looks at a file. */
  readonly fileInterval: number;
  /** Is told why a file that is there is not used. */
  failed(text: string): void;
}

/** What is read from a file, anew when it changes; one that is not there is an empty one. */
export class FileMap<T> {
  readonly #path: string;
  readonly #reading: MapReading<T>;
  /** Milliseconds between two looks. */
  readonly #interval: number;
  readonly #signature: Signature | undefined;
  readonly #failed: (text: string) => void;
  #looked = Number.NEGATIVE_INFINITY;
  #stamp: string | undefined;
  /** Changes whenever the value may have changed. */
  version = 0;
  #value: T;

  constructor(path: string, signature: Signature | undefined, reading: MapReading<T>, world: FileWorld) {
    this.#path = path;
    this.#signature = signature;
    this.#reading = reading;
    this.#interval = world.fileInterval;
    this.#failed = world.failed;
    this.#value = reading.empty;
    if (path.endsWith('.zst')) void prepareZstd();
  }

  get value(): T {
    const now = performance.now();
    if (now - this.#looked < this.#interval) return this.#value;
    this.#looked = now;
    const stamp = this.#stampOfAll();
    if (stamp !== this.#stamp) this.#read(stamp);
    return this.#value;
  }

  #stampOfAll(): string {
    const files = this.#signature === undefined ? [''] : ['', '.sig', '.pub'];
    return files.map((suffix) => stampOf(this.#path + suffix)).join(' ');
  }

  #read(stamp: string): void {
    this.#stamp = stamp;
    this.version++;
    if (stampOf(this.#path) === '-') {
      this.#value = this.#reading.empty;
      return;
    }
    try {
      this.#value = this.#load();
    } catch (cause) {
      this.#failed(`map ${this.#path}: ${(cause as Error).message}; what it had before stays`);
    }
  }

  #load(): T {
    const size = statSync(this.#path).size;
    if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
    const bytes = readFileSync(this.#path);
    if (this.#signature !== undefined && !this.#isSigned(bytes, this.#signature.key))
      throw new Error('its signature is not the one of its key');
    if (isPacked(bytes) && !canUnpack()) {
      void prepareZstd().then(() => this.#forget());
      return this.#value;
    }
    return this.#reading.read(textOf(bytes));
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

/** What tells that a file is another one; `-` for one that is not there. */
export function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.mtimeMs}/${stat.size}`;
}
