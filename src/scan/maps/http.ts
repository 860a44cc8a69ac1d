import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fetch, type Response } from 'undici';
import { type PublicKey, verifyBytes } from '../../wire/crypt/index.ts';
import { isPacked, type LineReader, linesOf, maxBytes, prepareZstd } from './content.ts';

/** What maps of the network need of the world. */
export interface MapWorld {
  /** Folder of what lasts: what was fetched stays there. */
  readonly stateFolder: string;
  /** Milliseconds between two questions. */
  readonly interval: number;
  /** Is told why a map is as it was. */
  failed(text: string): void;
}

/** Milliseconds that one question may take. */
const patience = 30_000;
/** Milliseconds between two questions where they fail. */
const longest = 3_600_000;

/** What is known of the last answer; first line of the file that keeps it. */
interface Stamp {
  readonly etag?: string;
  readonly lastModified?: string;
  /** When it was asked, milliseconds since the epoch. */
  readonly asked: number;
}

/**
 * Lines that a web server has: asked for in the background, kept in a file which other threads and the next start read,
 * and as they were where the server does not answer.
 */
export class HttpMap {
  readonly #url: string;
  readonly #key: PublicKey | undefined;
  readonly #world: MapWorld;
  readonly #readLines: LineReader;
  readonly #path: string;
  #due = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #stamp: Stamp | undefined;
  /** Changes whenever the lines may have changed. */
  version = 0;
  #lines: readonly string[] | undefined;

  constructor(url: string, key: PublicKey | undefined, world: MapWorld, readLines: LineReader = linesOf) {
    this.#readLines = readLines;
    this.#url = url;
    this.#key = key;
    this.#world = world;
    const name = createHash('sha256').update(url).digest('hex').slice(0, 32);
    this.#path = join(world.stateFolder, 'rspamd-proxy-maps', `${name}.map`);
  }

  /** Undefined where nothing ever came. Never waits. */
  get lines(): readonly string[] | undefined {
    const now = performance.now();
    if (now >= this.#due) {
      this.#due = now + this.#world.interval;
      void this.refresh();
    }
    return this.#lines;
  }

  /** Asks anew; does not reject. */
  async refresh(): Promise<void> {
    try {
      if (!(await this.#fromFile())) await this.#fromServer();
      this.#failures = 0;
    } catch (cause) {
      this.#failures++;
      const { interval, failed } = this.#world;
      this.#due = performance.now() + Math.max(interval, Math.min(interval * 2 ** this.#failures, longest));
      if (this.#failures === 1) failed(`map ${this.#url}: ${reasonOf(cause)}; what is known of it stays`);
    }
  }

  /** @returns whether what is kept is young enough */
  async #fromFile(): Promise<boolean> {
    const kept = await readFile(this.#path).catch(() => undefined);
    const end = kept?.indexOf('\n') ?? -1;
    if (kept === undefined || end < 0) return false;
    const stamp = stampOf(kept.toString('latin1', 0, end));
    if (stamp === undefined) return false;
    if (stamp.asked !== this.#stamp?.asked) {
      this.#stamp = stamp;
      await this.#take(kept.subarray(end + 1));
    }
    const age = Date.now() - stamp.asked;
    return age >= 0 && age < this.#world.interval;
  }

  async #fromServer(): Promise<void> {
    const signal = AbortSignal.timeout(patience);
    const { etag, lastModified } = this.#stamp ?? {};
    const headers = {
      'User-Agent': 'rspamd-proxy',
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
      ...(lastModified === undefined ? {} : { 'If-Modified-Since': lastModified }),
    };
    const reply = await fetch(this.#url, { headers, signal });
    if (reply.status === 304) {
      await reply.body?.cancel();
      const kept = await readFile(this.#path);
      await this.#keep({ ...this.#stamp, asked: Date.now() }, kept.subarray(kept.indexOf('\n') + 1));
      return;
    }
    const bytes = await bodyOf(reply);
    if (this.#key !== undefined) {
      const signature = await bodyOf(await fetch(`${this.#url}.sig`, { signal }));
      if (!verifyBytes(bytes, signature, this.#key)) throw new Error('its signature is not the one of its key');
    }
    await this.#take(bytes);
    const [newEtag, newModified] = [reply.headers.get('etag'), reply.headers.get('last-modified')];
    await this.#keep(
      {
        ...(newEtag === null ? {} : { etag: newEtag }),
        ...(newModified === null ? {} : { lastModified: newModified }),
        asked: Date.now(),
      },
      bytes,
    );
  }

  async #take(bytes: Buffer): Promise<void> {
    if (isPacked(bytes)) await prepareZstd();
    this.#lines = this.#readLines(bytes);
    this.version++;
  }

  async #keep(stamp: Stamp, bytes: Buffer): Promise<void> {
    this.#stamp = stamp;
    const unfinished = `${this.#path}.${randomUUID()}`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(unfinished, Buffer.concat([Buffer.from(`${JSON.stringify(stamp)}\n`), bytes]));
      await rename(unfinished, this.#path);
    } catch (cause) {
      await rm(unfinished, { force: true });
      this.#world.failed(`map ${this.#url} cannot be kept: ${reasonOf(cause)}`);
    }
  }
}

async function bodyOf(reply: Response): Promise<Buffer> {
  if (reply.status !== 200) {
    await reply.body?.cancel();
    throw new Error(`the server answers ${reply.status}`);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of reply.body ?? []) {
    length += part.length;
    if (length > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function stampOf(line: string): Stamp | undefined {
  try {
    const stamp = JSON.parse(line) as Stamp;
    return typeof stamp?.asked === 'number' ? stamp : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
}
