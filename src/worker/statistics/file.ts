import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import type { Logger } from '../../message/log.ts';
import type { Statistics } from './statistics.ts';

/** Milliseconds between two times that the file is written (rspamd: src/libserver/worker_util.c:rspamd_worker_init_controller). */
const interval = 60_000;

/**
 * The file that statistics are kept in while the program does not run (`stats_file`). Mail does not depend on it: what is
 * wrong goes to the log.
 */
export class StatisticsFile {
  readonly #statistics: Statistics;
  readonly #logger: Logger;
  #path: string | undefined;
  /** The file as this program left it. */
  #last: Stats | undefined;
  #timer: NodeJS.Timeout | undefined;
  #complained = false;

  constructor(statistics: Statistics, logger: Logger) {
    this.#statistics = statistics;
    this.#logger = logger;
  }

  /** Goes on from what the file has. To be called once, before anything was counted. */
  load(path: string | undefined): void {
    this.use(path);
    if (path === undefined || this.#last === undefined) return;
    try {
      this.#statistics.restore(JSON.parse(readFileSync(path, 'utf8')));
    } catch (cause) {
      this.#complain(`cannot read stats_file, statistics begin anew: ${(cause as Error).message}`);
      this.#complained = false;
    }
  }

  /** Writes to that file from now on. */
  use(path: string | undefined): void {
    if (path === this.#path) return;
    clearInterval(this.#timer);
    this.#path = path;
    this.#complained = false;
    if (path === undefined) return;
    try {
      this.#last = fileAt(path);
    } catch {
      // The log tells of it when the file is to be written.
      this.#last = undefined;
    }
    this.#timer = setInterval(() => this.save(), interval).unref();
  }

  save(): void {
    const path = this.#path;
    if (path === undefined) return;
    const fresh = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      const now = fileAt(path);
      if (now !== undefined && (now.ino !== this.#last?.ino || now.mtimeMs !== this.#last.mtimeMs)) {
        this.#complain(`another program writes stats_file ${path}: statistics are not kept over a restart`);
        return;
      }
      writeFileSync(fresh, JSON.stringify(this.#statistics.toJson()), { mode: 0o644, flag: 'wx' });
      renameSync(fresh, path);
      this.#last = fileAt(path);
    } catch (cause) {
      rmSync(fresh, { force: true });
      this.#complain(`cannot write stats_file: ${(cause as Error).message}`);
    }
  }

  /** Once for a file. */
  #complain(text: string): void {
    if (!this.#complained) this.#logger.log('warning', 'main', 'stats_file', '', text);
    this.#complained = true;
  }
}

function fileAt(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
