import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Counts } from './classify.ts';
import type { BayesStore, StatClass } from './store.ts';
import { TokenTable } from './token-table.ts';

/**
 * Statistics in a file of records that are only added to: what one process learns, others read when they next look. A
 * record is its mark, the length of its JSON head, the number of tokens, a checksum of the rest, the head, the tokens.
 * What is cut off or garbled is passed over.
 */
export class FileStore implements BayesStore {
  readonly #path: string;
  #state = new State();
  #reading: Promise<void> | undefined;
  /** What the file looked like before it was last read. */
  #seen: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async learns(prefix: string): Promise<Counts> {
    await this.#read();
    return this.#state.learns.get(prefix) ?? { spam: 0, ham: 0 };
  }

  async counts(prefix: string, tokens: readonly bigint[]): Promise<Counts[]> {
    await this.#read();
    const table = this.#state.tables.get(prefix);
    return tokens.map((id) => table?.get(id) ?? { spam: 0, ham: 0 });
  }

  async learn(prefix: string, as: StatClass, tokens: readonly bigint[], times: 1 | -1): Promise<void> {
    await this.#append({ prefix, as, times }, tokens);
  }

  async learnedAs(id: string): Promise<StatClass | undefined> {
    await this.#read();
    return this.#state.learned.get(id);
  }

  async remember(id: string, as: StatClass): Promise<void> {
    await this.#append({ id, as }, []);
  }

  async close(): Promise<void> {}

  async #append(head: Head, tokens: readonly bigint[]): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    await locked(`${this.#path}.lock`, async () => {
      await this.#readAll();
      const begin = this.#state.isNew ? [firstRecord()] : [];
      await writeFile(this.#path, Buffer.concat([...begin, record(head, tokens)]), { flag: 'a', mode: 0o600 });
      await this.#readAll();
      if (this.#state.isWasteful) await this.#compact();
    });
  }

  /** Writes the sums in place of all that led to them. */
  async #compact(): Promise<void> {
    const fresh = `${this.#path}.new`;
    await writeFile(fresh, firstRecord(), { mode: 0o600 });
    for (const piece of this.#state.records()) await writeFile(fresh, piece, { flag: 'a' });
    await rename(fresh, this.#path);
  }

  /** Takes in what has come since. One reading at a time. */
  async #read(): Promise<void> {
    this.#reading ??= this.#readMore().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Takes in all that is there now: a reading that is under way may have begun before it was. */
  async #readAll(): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.#read();
  }

  async #readMore(): Promise<void> {
    const stamp = stampOf(this.#path);
    if (stamp === this.#seen) return;
    await this.#readFile();
    this.#seen = stamp;
  }

  async #readFile(): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#state = new State();
      return;
    }
    try {
      const { size } = await file.stat();
      const start = Buffer.alloc(Math.min(size, startLength));
      await file.read(start, 0, start.length, 0);
      if (size < this.#state.offset || !this.#state.isOf(start)) this.#state = new State(start);
      for (let left = size - this.#state.offset; left > 0; ) {
        const wanted = Math.min(left, this.#state.chunk);
        const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, this.#state.offset);
        if (!this.#state.take(buffer.subarray(0, bytesRead), bytesRead === left)) break;
        left = size - this.#state.offset;
      }
    } finally {
      await file.close();
    }
  }
}

/** Another one for a file that became longer or another file. Told at once: it is asked for every message. */
function stampOf(path: string): string {
  const about = statSync(path, { throwIfNoEntry: false });
  return about === undefined ? 'none' : `${about.dev} ${about.ino} ${about.size} ${about.mtimeMs}`;
}

/** Either of a message that was learned, or of how often tokens were seen, or of what a message was learned as. */
type Head =
  | { readonly prefix: string; readonly as: StatClass; readonly times: number; readonly learns?: number }
  | { readonly id: string; readonly as: StatClass }
  /** Tells the file from the one that it took the place of. */
  | { readonly file: string };

const mark = Buffer.from('RPB1');
/** Mark, length of the head, number of tokens, checksum. */
const fixed = 16;
const maxHead = 4096;
/** The first record of a file is within so many bytes. */
const startLength = 64;
const maxTokens = 1 << 20;
const firstChunk = 4 << 20;
/** Ids of learned messages that are kept, as Rspamd keeps them. */
const maxLearned = 60_000;
/** A file is written anew when it is larger than that, and has so many times the bytes that its sums have. */
const smallFile = 16 << 20;
const wasteful = 4;

function record(head: Head, tokens: readonly bigint[]): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const bytes = Buffer.alloc(fixed + json.length + tokens.length * 8);
  mark.copy(bytes);
  bytes.writeUInt32LE(json.length, 4);
  bytes.writeUInt32LE(tokens.length, 8);
  json.copy(bytes, fixed);
  for (const [at, id] of tokens.entries()) bytes.writeBigUInt64LE(id, fixed + json.length + at * 8);
  bytes.writeUInt32LE(checksum(bytes.subarray(fixed)), 12);
  return bytes;
}

function firstRecord(): Buffer {
  return record({ file: randomBytes(8).toString('hex') }, []);
}

function checksum(bytes: Buffer): number {
  return createHash('md5').update(bytes).digest().readUInt32LE();
}

/** All that the records up to an offset say. */
class State {
  readonly #start: Buffer;
  readonly tables = new Map<string, TokenTable>();
  readonly learns = new Map<string, { spam: number; ham: number }>();
  readonly learned = new Map<string, StatClass>();
  offset = 0;
  /** Bytes to be read at once: a record has to fit. */
  chunk = firstChunk;

  /** @param start first bytes of the file */
  constructor(start: Buffer = Buffer.alloc(0)) {
    this.#start = start;
  }

  get isNew(): boolean {
    return this.offset === 0;
  }

  isOf(start: Buffer): boolean {
    return this.#start.length > 0 && start.subarray(0, this.#start.length).equals(this.#start);
  }

  /**
   * @param last nothing follows the bytes
   * @returns whether there is more to be had
   */
  take(bytes: Buffer, last: boolean): boolean {
    let at = 0;
    while (at + fixed <= bytes.length) {
      const whole = lengthAt(bytes, at);
      if (whole !== undefined && at + whole > bytes.length) break;
      if (whole !== undefined && this.#apply(bytes.subarray(at, at + whole))) {
        at += whole;
        continue;
      }
      // No record: the next mark may be one.
      const next = bytes.indexOf(mark, at + 1);
      at = next < 0 ? bytes.length - mark.length + 1 : next;
    }
    if (at === 0 && !last && this.chunk < fixed + maxHead + maxTokens * 8) {
      this.chunk *= 2;
      return true;
    }
    this.offset += at;
    return at > 0 && !last;
  }

  get isWasteful(): boolean {
    const tokens = [...this.tables.values()].reduce((sum, { size }) => sum + size, 0);
    return this.offset > smallFile && this.offset > wasteful * (tokens * 16 + this.learned.size * 60);
  }

  /** Records that say the same in fewer bytes: of each class the tokens by how often they were seen. */
  *records(): Iterable<Buffer> {
    for (const [prefix, table] of this.tables) {
      for (const as of ['spam', 'ham'] as const) {
        const byCount = new Map<number, bigint[]>();
        for (const [id, counts] of table.entries()) {
          const list = byCount.get(counts[as]) ?? [];
          list.push(id);
          byCount.set(counts[as], list);
        }
        byCount.delete(0);
        yield record({ prefix, as, times: 0, learns: this.learns.get(prefix)?.[as] ?? 0 }, []);
        for (const [times, ids] of byCount)
          for (let from = 0; from < ids.length; from += maxTokens)
            yield record({ prefix, as, times, learns: 0 }, ids.slice(from, from + maxTokens));
      }
    }
    for (const [id, as] of this.learned) yield record({ id, as }, []);
  }

  #apply(bytes: Buffer): boolean {
    const json = bytes.readUInt32LE(4);
    if (checksum(bytes.subarray(fixed)) !== bytes.readUInt32LE(12)) return false;
    const head = JSON.parse(bytes.toString('utf8', fixed, fixed + json)) as Head;
    if ('file' in head) return true;
    if ('id' in head) {
      this.learned.delete(head.id);
      this.learned.set(head.id, head.as);
      if (this.learned.size > maxLearned) this.learned.delete(this.learned.keys().next().value as string);
      return true;
    }
    const { prefix, as, times, learns = times } = head;
    const sums = this.learns.get(prefix) ?? { spam: 0, ham: 0 };
    sums[as] = Math.max(0, sums[as] + learns);
    this.learns.set(prefix, sums);
    let table = this.tables.get(prefix);
    if (table === undefined) {
      table = new TokenTable();
      this.tables.set(prefix, table);
    }
    for (let at = fixed + json; at < bytes.length; at += 8) table.add(bytes.readBigUInt64LE(at), as, times);
    return true;
  }
}

/** Bytes of the record there; undefined where none begins. */
function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.compare(mark, 0, mark.length, at, at + mark.length) !== 0) return undefined;
  const head = bytes.readUInt32LE(at + 4);
  const tokens = bytes.readUInt32LE(at + 8);
  return head > maxHead || tokens > maxTokens ? undefined : fixed + head + tokens * 8;
}

/** A lock whose owner died is taken over after that; milliseconds. */
const staleLock = 30_000;
/** Nobody waits longer for one owner; milliseconds. */
const longestWait = 10_000;

/** Runs one writer at a time, of all processes. */
async function locked(path: string, work: () => Promise<void>): Promise<void> {
  let until = performance.now() + longestWait;
  let taken: number | undefined;
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const since = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (since !== taken) until = performance.now() + longestWait;
      taken = since;
      if (since !== undefined && Date.now() - since > staleLock) await rm(path, { force: true });
      else if (performance.now() > until) throw new Error(`${path}: another process holds it`);
      else await sleep(10);
    }
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}
