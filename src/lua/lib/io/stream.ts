import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { fullCollection } from '../../runtime/collector.ts';
import { cString } from '../c-string.ts';

/** What a Lua file handle stands on: bytes in, bytes out, all synchronous. */
export interface Stream {
  /** Up to `count` bytes; '' at the end. */
  read(count: number): string;
  /** A whole line with its newline, or what is left; '' at the end. */
  readLine(): string;
  readAll(): string;
  /** The next bytes without taking them: at least `count` unless the end is near. */
  peek(count: number): string;
  write(bytes: string): void;
  flush(): void;
  /** Says when writes go out: at once, after a line, when so many bytes are held back. */
  setBuffer(mode: 'full' | 'line' | 'no', size: number): void;
  /** Moves and returns the new position. */
  seek(whence: 'set' | 'cur' | 'end', offset: number): number;
  close(): void;
}

/** An error in the shape of Node's, for what C's stdio refuses by itself. */
export function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(code), { code, errno: -errno });
}

const chunkSize = 16_384;
const mostPending = 65_536;

const dirty = new Set<FileStream>();

/** Writes out what files still hold back, as C does at the end of a process. */
export function flushAll(): void {
  for (const one of dirty) one.flush();
}

let flushesAtExit = false;

/** Files that are open, by descriptor, to be closed when the program has lost them. */
const open = new Map<number, WeakRef<FileStream>>();

const mostLost = 64; // open files above which `collectgarbage` looks for lost ones

const collected = new FinalizationRegistry<{ readonly fd: number; readonly ref: WeakRef<FileStream> }>(
  ({ fd, ref }) => {
    if (open.get(fd) !== ref) return; // closed already
    open.delete(fd);
    closeSync(fd);
  },
);

/** Closes files that nothing refers to any more. */
export function closeLost(force = false): void {
  if (!force && open.size < mostLost) return;
  fullCollection();
  for (const [fd, ref] of open) {
    if (ref.deref() !== undefined) continue;
    open.delete(fd);
    closeSync(fd);
  }
}

/** A file opened by name: buffered in both directions, with one position as in C. */
export class FileStream implements Stream {
  readonly #fd: number;
  readonly #canRead: boolean;
  readonly #canWrite: boolean;
  readonly #appends: boolean;
  readonly #canSeek: boolean;
  /** Offset of the first byte of the read buffer, or where the next write goes. */
  #position = 0;
  #buffer = '';
  /** How much of the buffer has been read. */
  #used = 0;
  #pending: string[] = [];
  #pendingSize = 0;
  #mostPending = mostPending;
  #flushesLines = false;

  /** @param isOwned the descriptor is closed when the program has lost the file */
  constructor(fd: number, mode: string, isOwned = true) {
    this.#fd = fd;
    const both = mode.includes('+');
    this.#appends = mode.startsWith('a');
    this.#canRead = both || mode.startsWith('r');
    this.#canWrite = both || !mode.startsWith('r');
    this.#canSeek = fstatSync(fd).isFile();
    if (!isOwned) return;
    const ref = new WeakRef(this);
    open.set(fd, ref);
    collected.register(this, { fd, ref });
  }

  /** Opens a file as C's fopen does. @throws an error of Node's with `code` and `errno` */
  static open(path: string, mode: string): FileStream {
    const kind = mode.charAt(0);
    if (kind !== 'r' && kind !== 'w' && kind !== 'a') throw systemError('EINVAL', 22);
    const flags = mode.includes('+') ? `${kind}+` : kind;
    const name = cString(path);
    try {
      return new FileStream(openSync(name, flags, 0o666), mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
      closeLost(true);
      return new FileStream(openSync(name, flags, 0o666), mode);
    }
  }

  #fill(): boolean {
    if (!this.#canRead) throw systemError('EBADF', 9);
    this.flush();
    const chunk = Buffer.allocUnsafe(chunkSize);
    const at = this.#canSeek ? this.#position + this.#buffer.length : null;
    const count = readSync(this.#fd, chunk, 0, chunkSize, at);
    if (count === 0) return false;
    if (this.#used > 0) {
      this.#position += this.#used;
      this.#buffer = this.#buffer.slice(this.#used);
      this.#used = 0;
    }
    this.#buffer += chunk.toString('latin1', 0, count);
    return true;
  }

  #take(count: number): string {
    const bytes = this.#buffer.slice(this.#used, this.#used + count);
    this.#used += bytes.length;
    return bytes;
  }

  peek(count: number): string {
    while (this.#buffer.length - this.#used < count) if (!this.#fill()) break;
    return this.#buffer.slice(this.#used, this.#used + count);
  }

  read(count: number): string {
    this.peek(count);
    return this.#take(count);
  }

  readLine(): string {
    let from = this.#used;
    for (;;) {
      const end = this.#buffer.indexOf('\n', from);
      if (end >= 0) return this.#take(end + 1 - this.#used);
      const seen = this.#buffer.length - this.#used;
      if (!this.#fill()) return this.#take(this.#buffer.length);
      from = this.#used + seen;
    }
  }

  readAll(): string {
    while (this.#fill()) {
      // until the end
    }
    return this.#take(this.#buffer.length);
  }

  write(bytes: string): void {
    if (!this.#canWrite) throw systemError('EBADF', 9);
    if (bytes === '') return;
    this.#forget();
    if (this.#pendingSize === 0) {
      dirty.add(this);
      if (!flushesAtExit) {
        flushesAtExit = true;
        process.on('exit', flushAll);
      }
    }
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#pendingSize > this.#mostPending || (this.#flushesLines && bytes.includes('\n'))) this.flush();
  }

  /** Drops what was read ahead. */
  #forget(): void {
    if (this.#buffer === '') return;
    this.#position += this.#used;
    this.#buffer = '';
    this.#used = 0;
  }

  setBuffer(mode: 'full' | 'line' | 'no', size: number): void {
    this.flush();
    this.#mostPending = mode === 'no' ? 0 : mode === 'full' ? size : mostPending;
    this.#flushesLines = mode === 'line';
  }

  flush(): void {
    if (this.#pendingSize === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'latin1');
    this.#pending = [];
    this.#pendingSize = 0;
    dirty.delete(this);
    for (let done = 0; done < bytes.length; ) {
      const at = this.#canSeek && !this.#appends ? this.#position + done : null;
      done += writeSync(this.#fd, bytes, done, bytes.length - done, at);
    }
    this.#position = this.#appends && this.#canSeek ? fstatSync(this.#fd).size : this.#position + bytes.length;
  }

  seek(whence: 'set' | 'cur' | 'end', offset: number): number {
    this.flush();
    if (!this.#canSeek) throw systemError('ESPIPE', 29);
    const bases = { set: () => 0, cur: () => this.#position + this.#used, end: () => fstatSync(this.#fd).size };
    const target = bases[whence]() + offset;
    if (target < 0) throw systemError('EINVAL', 22);
    this.#forget();
    this.#position = target;
    return target;
  }

  close(): void {
    try {
      this.flush();
    } finally {
      dirty.delete(this);
      open.delete(this.#fd);
      closeSync(this.#fd);
    }
  }
}

/** Bytes that are there already, or a sink for bytes: standard output, the two ends of a pipe. */
export class MemoryStream implements Stream {
  readonly #bytes: string | undefined;
  #at = 0;
  readonly #sink: ((bytes: string) => void) | undefined;
  readonly #onClose: () => void;

  /** @param bytes what can be read; undefined for a stream to write to */
  constructor(bytes: string | undefined, sink: ((bytes: string) => void) | undefined, onClose: () => void) {
    this.#bytes = bytes;
    this.#sink = sink;
    this.#onClose = onClose;
  }

  #readable(): string {
    if (this.#bytes === undefined) throw systemError('EBADF', 9);
    return this.#bytes;
  }

  peek(count: number): string {
    return this.#readable().slice(this.#at, this.#at + count);
  }

  read(count: number): string {
    const bytes = this.peek(count);
    this.#at += bytes.length;
    return bytes;
  }

  readLine(): string {
    const end = this.#readable().indexOf('\n', this.#at);
    return this.read(end < 0 ? Number.POSITIVE_INFINITY : end + 1 - this.#at);
  }

  readAll(): string {
    return this.read(Number.POSITIVE_INFINITY);
  }

  write(bytes: string): void {
    if (this.#sink === undefined) throw systemError('EBADF', 9);
    this.#sink(bytes);
  }

  flush(): void {
    // nothing is held back
  }

  setBuffer(): void {
    // nothing is held back
  }

  seek(): number {
    throw systemError('ESPIPE', 29);
  }

  close(): void {
    this.#onClose();
  }
}

/** Standard input: looked at when it is first read, since a daemon may have none. */
export class StandardInput implements Stream {
  #file: FileStream | undefined;

  #open(): FileStream {
    this.#file ??= new FileStream(0, 'r', false);
    return this.#file;
  }

  peek(count: number): string {
    return this.#open().peek(count);
  }
  read(count: number): string {
    return this.#open().read(count);
  }
  readLine(): string {
    return this.#open().readLine();
  }
  readAll(): string {
    return this.#open().readAll();
  }
  write(): void {
    throw systemError('EBADF', 9);
  }
  flush(): void {
    // nothing is held back
  }
  setBuffer(): void {
    // nothing is held back
  }
  seek(whence: 'set' | 'cur' | 'end', offset: number): number {
    return this.#open().seek(whence, offset);
  }
  close(): void {
    // stays open: it belongs to the process
  }
}
