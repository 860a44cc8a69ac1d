import type { ByteString } from '../bytes.ts';

/** Files of all archives of a message that are noted (rspamd: src/libmime/archives.c, max_archive_files). */
export const maxArchiveFiles = 100_000;

export type ArchiveType = 'zip' | 'rar' | '7z' | 'gz';

/** A file in an archive, as the archive's directory tells. */
export interface ArchiveFile {
  /** UTF-8. */
  readonly name: ByteString;
  /** Bytes; 0 where the format does not tell. */
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly encrypted: boolean;
  /** Its name has characters that hide something, or cannot be read. */
  readonly obfuscated: boolean;
}

export interface Archive {
  readonly type: ArchiveType;
  readonly files: readonly ArchiveFile[];
  /** All of it, or its directory. */
  readonly encrypted: boolean;
  readonly obfuscated: boolean;
  /** Its directory is there, but nobody can read it. */
  readonly unreadable: boolean;
  /** There are more files than are noted. */
  readonly truncated: boolean;
}

/** The bytes are not what their format wants: what was found until then does not count. */
export class MalformedArchive extends Error {}

/** Collects what is found in one archive. */
export class ArchiveBuilder {
  readonly #files: ArchiveFile[] = [];
  readonly #budget: { left: number };
  encrypted = false;
  unreadable = false;
  #truncated = false;

  /** @param budget files that may still be noted, of all archives of a message */
  constructor(budget: { left: number }) {
    this.#budget = budget;
  }

  /** @returns whether there is room for more */
  add(file: ArchiveFile): boolean {
    if (this.#budget.left <= 0) {
      this.#truncated = true;
      return false;
    }
    this.#budget.left--;
    this.#files.push(file);
    return true;
  }

  build(type: ArchiveType): Archive {
    const { encrypted, unreadable } = this;
    const files = this.#files;
    const obfuscated = files.some((file) => file.obfuscated);
    return { type, files, encrypted, obfuscated, unreadable, truncated: this.#truncated };
  }
}
