import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fetch, type Response } from 'undici';
import { type PublicKey, verifyBytes } from '../../wire/crypt/index.ts';
import { isPacked, maxBytes, prepareZstd, textOf } from './content.ts';
import type { FileWorld } from './file.ts';
import type { MapReading } from './source.ts';

/** What maps of the network need of the world. */
export interface MapWorld extends FileWorld {
  /** Folder of what lasts: what was fetched stays there. */
  readonly stateFolder: string;
  /** Milliseconds between two questions. */
  readonly interval: number;
  /** Name and password for a host or an address (option `http_auth`), `name:password`. */
  readonly credentials?: ReadonlyMap<string, string>;
}

/** Milliseconds that one question may take. */
const patience = 30_000;
/** Milliseconds between two questions where they fail. */
const longest = 3_600_000;
/** Milliseconds that a server may have a map kept (rspamd: src/libserver/maps/map.c:rspamd_http_map_process_next_check). */
const longestKept = 8 * 3_600_000;
/** Intervals that a map is kept whose server wants it to be kept longer. */
const liberal = 10;

/** What is known of the last answer; first line of the file that keeps it. */
interface Stamp {
  readonly etag?: string;
  readonly lastModified?: string;
  /** When it was asked, milliseconds since the epoch. */
  readonly asked: number;
  /** Until when the server has it kept, milliseconds since the epoch. */
  readonly expires?: number;
}

/**
 * What a web server has: asked for in the background, kept in a file which other threads and the next start read,
 * and as they were where the server does not answer.
 */
export class HttpMap<T> {
  readonly #url: string;
  readonly #address: string;
  readonly #authorization: string | undefined;
  readonly #reading: MapReading<T>;
  readonly #key: PublicKey | undefined;
  readonly #world: MapWorld;
  readonly #path: string;
  #due = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #stamp: Stamp | undefined;
  /** Changes whenever the value may have changed. */
  version = 0;
  #value: T | undefined;

  constructor(url: string, key: PublicKey | undefined, reading: MapReading<T>, world: MapWorld) {
    const { address, shown, authorization } = readAddress(url, world.credentials);
    this.#address = address;
    this.#url = shown;
    this.#authorization = authorization;
    this.#reading = reading;
    this.#key = key;
    this.#world = world;
    const name = createHash('sha256').update(url).digest('hex').slice(0, 32);
    this.#path = join(world.stateFolder, 'rspamd-proxy-maps', `${name}.map`);
  }

  /** Undefined where nothing ever came. Never waits. */
  get value(): T | undefined {
    const now = performance.now();
    if (now >= this.#due) {
      this.#due = now + this.#world.interval;
      void this.refresh();
    }
    return this.#value;
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
    const now = Date.now();
    const until = stamp.asked + this.#patienceOf(stamp);
    if (now < stamp.asked || now >= until) return false;
    this.#due = Math.max(this.#due, performance.now() + until - now);
    return true;
  }

  /** Milliseconds that what is known counts as young; a server may want it longer than the configuration. */
  #patienceOf({ asked, expires }: Stamp): number {
    const { interval } = this.#world;
    const wanted = expires === undefined ? 0 : expires - asked;
    if (wanted > longestKept) return Math.max(interval, Math.min(interval * liberal, longestKept));
    return Math.max(interval, wanted);
  }

  async #fromServer(): Promise<void> {
    const signal = AbortSignal.timeout(patience);
    const { etag, lastModified } = this.#stamp ?? {};
    const headers = {
      'User-Agent': 'rspamd-proxy',
      ...(this.#authorization === undefined ? {} : { Authorization: this.#authorization }),
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
      ...(lastModified === undefined ? {} : { 'If-Modified-Since': lastModified }),
    };
    const reply = await fetch(this.#address, { headers, signal });
    if (reply.status === 304) {
      await reply.body?.cancel();
      const kept = await readFile(this.#path);
      const { expires: _, ...stamp } = this.#stamp ?? {};
      await this.#keep({ ...stamp, ...freshness(reply) }, kept.subarray(kept.indexOf('\n') + 1));
      return;
    }
    const bytes = await bodyOf(reply);
    if (this.#key !== undefined) {
      const own = this.#authorization === undefined ? {} : { Authorization: this.#authorization };
      const signature = await bodyOf(await fetch(`${this.#address}.sig`, { headers: own, signal }));
      if (!verifyBytes(bytes, signature, this.#key)) throw new Error('its signature is not the one of its key');
    }
    await this.#take(bytes);
    const [newEtag, newModified] = [reply.headers.get('etag'), reply.headers.get('last-modified')];
    await this.#keep(
      {
        ...(newEtag === null ? {} : { etag: newEtag }),
        ...(newModified === null ? {} : { lastModified: newModified }),
        ...freshness(reply),
      },
      bytes,
    );
  }

  async #take(bytes: Buffer): Promise<void> {
    if (isPacked(bytes)) await prepareZstd();
    this.#value = this.#reading.read(textOf(bytes));
    this.version++;
  }

  async #keep(stamp: Stamp, bytes: Buffer): Promise<void> {
    this.#stamp = stamp;
    this.#due = Math.max(this.#due, performance.now() + this.#patienceOf(stamp));
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

/** What a server says of how long its answer counts. */
function freshness(reply: Response): Pick<Stamp, 'asked' | 'expires'> {
  const asked = Date.now();
  const expires = Date.parse(reply.headers.get('expires') ?? '');
  return expires > asked ? { asked, expires } : { asked };
}

/** An address may have a name and a password in it; they are sent, and not shown. */
function readAddress(
  url: string,
  credentials: ReadonlyMap<string, string> | undefined,
): { address: string; shown: string; authorization: string | undefined } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return { address: url, shown: url, authorization: undefined };
  const own = parsed.username === '' && parsed.password === '' ? undefined : userInfo(parsed);
  const given = own ?? credentials?.get(url) ?? credentials?.get(parsed.hostname);
  const authorization = given === undefined ? undefined : `Basic ${Buffer.from(given, 'latin1').toString('base64')}`;
  if (own === undefined) return { address: url, shown: url, authorization };
  parsed.username = '';
  parsed.password = '';
  return { address: parsed.href, shown: parsed.href, authorization };
}

function userInfo({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
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
