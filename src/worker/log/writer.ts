import { closeSync, constants, fchownSync, openSync, writeSync } from 'node:fs';
import { bytes } from '../../ucl/index.ts';

/** Lines wait for the end of the event-loop turn at most, then go out in one write. */
class LineBuffer {
  #pending: string[] = [];
  #scheduled = false;
  readonly #write: (bytes: Buffer) => void;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  add(text: string): void {
    this.#pending.push(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    try {
      this.#write(encoded(lines.join('')));
    } catch {
      // A full disk or a closed pipe must not stop mail: these lines are lost.
    }
  }
}

/** Bytes that are no UTF-8, as scripts may log them, are kept in texts as lone surrogates (src/ucl/text.ts). */
function encoded(lines: string): Buffer {
  return /\p{Surrogate}/u.test(lines) ? Buffer.from(bytes(lines), 'latin1') : Buffer.from(lines, 'utf8');
}

/** writeSync may take a part only (pipes, slow consoles); EAGAIN is a full pipe: wait for the reader, a moment only. */
function writeAll(fd: number, bytes: Buffer): void {
  let at = 0;
  for (let tries = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
      tries = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++tries > 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Where a descriptor comes from, and how it is let go of. */
export interface Target {
  readonly open: () => number;
  readonly close: (fd: number) => void;
}

/**
 * A log file, appended to and created where missing.
 * @throws (when opened) the system's error
 */
export function fileTarget(path: string, owner?: { readonly uid: number; readonly gid: number }): Target {
  return {
    open: () => {
      const fd = openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND, 0o644);
      if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
      return fd;
    },
    close: closeSync,
  };
}

/** Standard error, which is not ours to close. */
export const consoleTarget: Target = { open: () => 2, close: () => {} };

/** Appends lines to a descriptor. */
export class LineWriter {
  readonly #target: Target;
  readonly #buffer = new LineBuffer((bytes) => writeAll(this.#fd, bytes));
  #fd: number;

  /** @throws the system's error when the target cannot be opened */
  constructor(target: Target) {
    this.#target = target;
    this.#fd = target.open();
  }

  /** @param line with its newline */
  write(line: string): void {
    this.#buffer.add(line);
  }

  flush(): void {
    this.#buffer.flush();
  }

  /**
   * Opens the target anew. The old one stays in use when that fails.
   * @throws the system's error
   */
  reopen(): void {
    this.#buffer.flush();
    const fresh = this.#target.open();
    this.#target.close(this.#fd);
    this.#fd = fresh;
  }

  close(): void {
    this.#buffer.flush();
    this.#target.close(this.#fd);
  }
}
