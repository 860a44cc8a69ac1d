import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileWorld, stampOf } from './file.ts';

/** Bytes of the table at the start of a file: 256 hash tables, each an offset and a number of slots. */
const headBytes = 2048;
/** Slots that are looked at for one key; tables that programs write are half empty. */
const maxProbes = 4096;
/** Slots that are read at once. */
const probesAtOnce = 32;
/** Bytes of a value. */
const maxValue = 1024 * 1024;

interface OpenedCdb {
  readonly fd: number;
  readonly head: Buffer;
  readonly size: number;
}

/** A constant database (https://cr.yp.to/cdb/cdb.txt), opened anew when it changes. Nothing of it is held in memory. */
export class CdbFile {
  readonly #path: string;
  readonly #world: FileWorld;
  #looked = Number.NEGATIVE_INFINITY;
  #stamp: string | undefined;
  #opened: OpenedCdb | undefined;

  constructor(path: string, world: FileWorld) {
    this.#path = path;
    this.#world = world;
  }

  /** @param key compared byte by byte. @returns a byte string; undefined where there is none, or the file is broken */
  find(key: string): string | undefined {
    this.#look();
    if (this.#opened === undefined) return undefined;
    try {
      return this.#search(Buffer.from(key, 'latin1'));
    } catch (cause) {
      this.#close();
      this.#world.failed(`map ${this.#path}: ${(cause as Error).message}; it counts as empty until it changes`);
      return undefined;
    }
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#looked < this.#world.fileInterval) return;
    this.#looked = now;
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#close();
    if (stamp === '-') return;
    try {
      this.#open();
    } catch (cause) {
      this.#close();
      this.#world.failed(`map ${this.#path}: ${(cause as Error).message}; it counts as empty`);
    }
  }

  #open(): void {
    const fd = openSync(this.#path, 'r');
    const { size } = fstatSync(fd);
    this.#opened = { fd, head: Buffer.alloc(headBytes), size };
    if (size < headBytes) throw new Error('it is no cdb file: it is too short');
    this.#opened.head.set(this.#read(0, headBytes));
  }

  #close(): void {
    if (this.#opened !== undefined) closeSync(this.#opened.fd);
    this.#opened = undefined;
  }

  #search(key: Buffer): string | undefined {
    const { head } = this.#opened as OpenedCdb;
    const hash = hashOf(key);
    const table = head.readUInt32LE((hash & 0xff) * 8);
    const slots = head.readUInt32LE((hash & 0xff) * 8 + 4);
    if (slots === 0) return undefined;
    const most = Math.min(slots, maxProbes);
    let slot = (hash >>> 8) % slots;
    for (let probed = 0; probed < most; ) {
      const some = Math.min(probesAtOnce, slots - slot, most - probed);
      const read = this.#read(table + slot * 8, some * 8);
      for (let at = 0; at < some; at++) {
        const position = read.readUInt32LE(at * 8 + 4);
        if (position === 0) return undefined;
        const value = read.readUInt32LE(at * 8) === hash ? this.#record(position, key) : undefined;
        if (value !== undefined) return value;
      }
      probed += some;
      slot = (slot + some) % slots;
    }
    return undefined;
  }

  #record(position: number, key: Buffer): string | undefined {
    const lengths = this.#read(position, 8);
    const [keyLength, valueLength] = [lengths.readUInt32LE(0), lengths.readUInt32LE(4)];
    if (keyLength !== key.length || !this.#read(position + 8, keyLength).equals(key)) return undefined;
    if (valueLength > maxValue) throw new Error(`it has a value of ${valueLength} bytes, more than ${maxValue}`);
    return this.#read(position + 8 + keyLength, valueLength).toString('latin1');
  }

  #read(position: number, length: number): Buffer {
    const { fd, size } = this.#opened as OpenedCdb;
    if (position + length > size) throw new Error('it is broken: it points behind its end');
    const bytes = Buffer.allocUnsafe(length);
    if (length > 0 && readSync(fd, bytes, 0, length, position) !== length) throw new Error('it ends too early');
    return bytes;
  }
}

function hashOf(key: Buffer): number {
  let hash = 5381;
  for (const byte of key) hash = ((Math.imul(hash, 33) >>> 0) ^ byte) >>> 0;
  return hash;
}
